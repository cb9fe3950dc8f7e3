import type { EventHandler, EventName } from './api.mts';

/** Who wants to hear of what. A handler that fails is reported and harms neither the others nor the spoke. */
export class EventTable {
  readonly #handlers: Readonly<Record<EventName, Set<{ readonly call: EventHandler }>>> = {
    permissions_changed: new Set(),
    shutdown: new Set(),
  };
  readonly #report: (event: EventName, error: unknown) => void;

  constructor(report: (event: EventName, error: unknown) => void) {
    this.#report = report;
  }

  /** See Events.on in the API. */
  on(name: EventName, handler: EventHandler): () => void {
    const handlers = this.#find(name);
    if (handlers === undefined) {
      const known = Object.keys(this.#handlers).join("' or '");
      throw new TypeError(`events.on: expected '${known}', found '${String(name)}'`);
    }
    if (typeof handler !== 'function') {
      throw new TypeError(`events.on('${name}'): expected a function, found ${typeof handler}`);
    }
    const entry = { call: handler };
    handlers.add(entry);
    return () => {
      handlers.delete(entry);
    };
  }

  /** Calls every handler of an event; resolves when all have settled. An event that nobody knows is passed over. */
  async deliver(name: string): Promise<void> {
    const handlers = [...(this.#find(name) ?? [])];
    await Promise.all(handlers.map((handler) => this.#run(name as EventName, handler.call)));
  }

  async #run(name: EventName, handler: EventHandler): Promise<void> {
    try {
      await handler();
    } catch (error) {
      this.#report(name, error);
    }
  }

  #find(name: string): Set<{ readonly call: EventHandler }> | undefined {
    return Object.hasOwn(this.#handlers, name) ? this.#handlers[name as EventName] : undefined;
  }
}
