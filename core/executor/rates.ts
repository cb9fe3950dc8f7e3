/** How often something may happen within a stretch of time, in milliseconds. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/**
 * Counts events by key in a sliding stretch of time. What is refused is not counted, so that one who asks without a pause
 * gets its share and no less. Holds at most as many times as its rates allow.
 */
export class Rates {
  readonly #times = new Map<string, number[]>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one event under all of these keys, or under none where one of them is used up: then false. */
  take(wanted: readonly (readonly [key: string, rate: Rate])[]): boolean {
    const now = this.#now();
    const counted = wanted.map(([key, { count, per }]) => {
      const recent = (this.#times.get(key) ?? []).filter((time) => now - time < per);
      this.#times.set(key, recent);
      return { recent, count };
    });
    if (counted.some(({ recent, count }) => recent.length >= count)) return false;
    for (const { recent } of counted) recent.push(now);
    return true;
  }
}
