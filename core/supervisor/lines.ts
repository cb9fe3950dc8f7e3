import type { Event } from '../../schemas/wire.ts';

/** What the daemon can say to one running spoke without being asked. */
export interface Line {
  readonly send: (event: Event) => void;
  /** Settles once the spoke has read most of what it was sent, or is gone: until then nothing large is sent to it. */
  readonly whenRead: () => Promise<void>;
}

/** The lines to the spokes that run, by the name of each process: a spoke that is tried has one beside the one that counts. */
export class Lines {
  readonly #lines = new Map<string, Line>();
  readonly #whenClosed = new Set<(instance: string) => void>();

  open(instance: string, line: Line): void {
    this.#lines.set(instance, line);
  }

  close(instance: string): void {
    if (!this.#lines.delete(instance)) return;
    for (const call of this.#whenClosed) call(instance);
  }

  /** The line to a process that runs, or undefined where it does not any more. */
  to(instance: string): Line | undefined {
    return this.#lines.get(instance);
  }

  /** Calls whenever a process is gone. */
  onClosed(call: (instance: string) => void): void {
    this.#whenClosed.add(call);
  }
}
