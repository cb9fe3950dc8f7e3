import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Powers } from '../powers.ts';

/** What the clock in the thread says; see spokes/runtime/testing. */
interface ClockMessage {
  readonly now?: number;
  readonly done?: true;
}

/** The clock of a spoke that runs as a thread, and of the daemon: it stands still until somebody moves it. */
export class ThreadClock {
  #now: number;
  #port: MessagePort | null = null;

  constructor(start: number) {
    this.#now = start;
  }

  /** The same powers, by this clock. Each thread that is started is handed the other end of it. */
  powers(real: Powers): Powers {
    return {
      ...real,
      // What is waited for in the daemon itself goes on: a spoke that hangs has to be seen.
      clock: { ...real.clock, now: () => this.#now },
      startThread: (file, options) => {
        const { port1, port2: port } = new MessageChannel();
        this.#port = port1;
        port1.unref();
        return real.startThread(new URL('testing/thread.cjs', file), {
          ...options,
          workerData: { ...options.workerData, clock: { start: this.#now, port } },
          transferList: [...(options.transferList ?? []), port],
        });
      },
    };
  }

  /** Moves it on. Every timer of the spoke that becomes due meanwhile is called, and what it asks for is answered. */
  async advance(ms: number): Promise<void> {
    const port = this.#port;
    if (port === null) return;
    await new Promise<void>((resolve, reject) => {
      port.on('message', ({ now, done }: ClockMessage) => {
        if (now !== undefined) {
          this.#now = now;
          port.postMessage({ goOn: true });
        }
        if (done) resolve();
      });
      port.once('close', () => reject(new Error('the spoke ended while its clock was moved on')));
      port.postMessage({ advance: ms });
    }).finally(() => {
      port.removeAllListeners();
      port.unref();
    });
  }
}
