import type { Clock } from '../powers.ts';

/** More than there are connections: whoever waits longest is sent away first. */
const MAX_WAITERS = 64;

/** Those who wait for something to be queued. None of them waits for ever, whoever asked and left. */
export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Settles at the next `wake`, and after so many milliseconds at the latest. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, () => leave());
      const leave = () => {
        timer.cancel();
        this.#waiting.delete(leave);
        resolve();
      };
      this.#waiting.add(leave);
      const [oldest] = this.#waiting;
      if (this.#waiting.size > MAX_WAITERS) oldest?.();
    });
  }

  wake(): void {
    for (const leave of [...this.#waiting]) leave();
  }

  close(): void {
    this.wake();
  }
}
