import type { Clock } from '../powers.ts';

/** Counts changes of something, and lets clients wait for the next one. */
export class ChangeCount {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#count;
  }

  noticed(): void {
    this.#count += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Settles once there were other changes than so many, or after that time. */
  after(count: number, ms: number): Promise<void> {
    if (count !== this.#count) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = this.#clock.after(ms, wake);
      this.#waiting.add(wake);
    });
  }
}
