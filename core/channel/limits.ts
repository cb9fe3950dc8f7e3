/** What one spoke may do to its channel. All of it slows the spoke down, and nobody else. */
export interface ChannelLimits {
  /** Bytes of one line. Longer ends the spoke. */
  readonly maxLine: number;
  /** Bytes of one reply. Larger is answered with an error instead. */
  readonly maxReply: number;
  /** Requests that are being worked on at once; further ones wait unread. */
  readonly inFlight: number;
  /** Of these, requests that hold a file or a large reply. */
  readonly heavyInFlight: number;
  /** Requests a second over time, and how many may come at once. A line counts once more for every 4 KiB of it. */
  readonly perSecond: number;
  readonly burst: number;
  /** Bytes of replies that may wait for the spoke to read them before no further request is taken. */
  readonly unread: number;
}

export const CHANNEL_LIMITS: ChannelLimits = {
  maxLine: 1_048_576,
  maxReply: 12_582_912,
  inFlight: 64,
  heavyInFlight: 4,
  perSecond: 2000,
  burst: 4000,
  unread: 262_144,
};

/** Tokens that come back with time: each request takes one, or as many as it weighs. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor({ perSecond, burst }: Pick<ChannelLimits, 'perSecond' | 'burst'>, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes so many tokens if they are there. What weighs more than a burst takes a whole one. */
  take(now: number, weight = 1): boolean {
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + (Math.max(0, now - this.#at) * this.#perSecond) / 1000,
    );
    this.#at = now;
    if (this.#tokens < this.#needed(weight)) return false;
    this.#tokens -= this.#needed(weight);
    return true;
  }

  /** Takes so many tokens whether they are there or not: what comes next waits for them. */
  spend(weight: number): void {
    this.#tokens -= weight;
  }

  /** Milliseconds until there are so many tokens again. */
  wait(weight = 1): number {
    return Math.max(1, Math.ceil(((this.#needed(weight) - this.#tokens) * 1000) / this.#perSecond));
  }

  #needed(weight: number): number {
    return Math.min(weight, this.#burst);
  }
}
