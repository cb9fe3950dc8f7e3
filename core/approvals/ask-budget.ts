import type { Clock } from '../powers.ts';

/** How many questions each may put to a person in a minute: they come back evenly over time. */
export class AskBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #perMinute: number;
  readonly #left = new Map<string, { count: number; at: number }>();

  constructor(clock: Pick<Clock, 'monotonic'>, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Takes one of them. False where there is none left. */
  take(principal: string): boolean {
    const now = this.#clock.monotonic();
    const last = this.#left.get(principal) ?? { count: this.#perMinute, at: now };
    const back = ((now - last.at) / 60_000) * this.#perMinute;
    const count = Math.min(this.#perMinute, last.count + back);
    this.#left.set(principal, { count: count >= 1 ? count - 1 : count, at: now });
    return count >= 1;
  }
}
