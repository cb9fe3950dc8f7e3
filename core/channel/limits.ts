/** What one spoke may do to its channel. All of it slows the spoke down, and nobody else. */
export interface ChannelLimits {
  /** Bytes of one line. Longer ends the spoke. */
  readonly maxLine: number;
  /** Values of one line. More ends the spoke: what each takes of memory is many times what it takes of the line. */
  readonly maxValues: number;
  /** Bytes of one reply. Larger is answered with an error instead. */
  readonly maxReply: number;
  /** Requests that are being worked on at once; further ones wait unread. */
  readonly inFlight: number;
  /** Of these, requests that hold a file or a large reply. */
  readonly heavyInFlight: number;
  /** Requests a second over time, and how many may come at once. */
  readonly perSecond: number;
  readonly burst: number;
  /** A line of more characters counts once more for each so many milliseconds that it took to read. */
  readonly shortLine: number;
  readonly msEach: number;
  /** A request counts once more for each so many characters that it or its answer has. */
  readonly bytesEach: number;
  /** Bytes of replies that may wait for the spoke to read them before no further request is taken. */
  readonly unread: number;
}

export const CHANNEL_LIMITS: ChannelLimits = {
  maxLine: 1_048_576,
  maxValues: 4096,
  maxReply: 12_582_912,
  inFlight: 64,
  heavyInFlight: 4,
  perSecond: 2000,
  burst: 4000,
  // Whatever is in it, one of so many takes less than that.
  shortLine: 1024,
  msEach: 0.1,
  bytesEach: 8192,
  unread: 262_144,
};

/** Tokens that come back with time: each request takes one, and what it costs beyond that afterwards. */
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

  /** Takes a token if there is one. */
  take(now: number): boolean {
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + (Math.max(0, now - this.#at) * this.#perSecond) / 1000,
    );
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes tokens whether they are there or not: where they are not, the next request waits until they have come. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  /** Milliseconds until there is a token again. */
  get wait(): number {
    return Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond));
  }
}
