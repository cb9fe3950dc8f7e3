import type { EventHandlers, EventName } from './api.mts';

type Handler = (...args: never[]) => unknown;

/** Who wants to hear of what. A handler that fails is reported and harms neither the others nor the spoke. */
export class EventTable {
  readonly #handlers: Readonly<Record<EventName, Set<{ readonly call: Handler }>>> = {
    permissions_changed: new Set(),
    config_changed: new Set(),
    env_change: new Set(),
    spoke_loaded: new Set(),
    due: new Set(),
    shutdown: new Set(),
  };
  readonly #report: (event: EventName, error: unknown) => void;

  constructor(report: (event: EventName, error: unknown) => void) {
    this.#report = report;
  }

  /** See Events.on in the API. */
  on<N extends EventName>(name: N, handler: EventHandlers[N]): () => void {
    const handlers = this.#find(name);
    if (handlers === undefined) {
      const known = Object.keys(this.#handlers).map((event) => `'${event}'`);
      const last = known.pop();
      throw new TypeError(`events.on: expected ${known.join(', ')} or ${last}, found '${String(name)}'`);
    }
    if (typeof handler !== 'function') {
      throw new TypeError(`events.on('${name}'): expected a function, found ${typeof handler}`);
    }
    const entry = { call: handler as Handler };
    handlers.add(entry);
    return () => {
      handlers.delete(entry);
    };
  }

  /** Calls every handler of an event; resolves when all have settled. An event that nobody knows is passed over. */
  async deliver(name: string, ...args: readonly unknown[]): Promise<void> {
    const handlers = [...(this.#find(name) ?? [])];
    await Promise.all(handlers.map((handler) => this.#run(name as EventName, handler.call, args)));
  }

  async #run(name: EventName, handler: Handler, args: readonly unknown[]): Promise<void> {
    try {
      await handler(...(args as never[]));
    } catch (error) {
      this.#report(name, error);
    }
  }

  #find(name: string): Set<{ readonly call: Handler }> | undefined {
    return Object.hasOwn(this.#handlers, name) ? this.#handlers[name as EventName] : undefined;
  }
}
