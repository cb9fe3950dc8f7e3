import type { Powers, Timer } from '../powers.ts';

/** What was leased and not acknowledged is there again after this long. */
const LEASE_MS = 30_000;
/** The same for a lease of an earlier run: whoever still has it and is alive asks within a moment of a start. */
const RESUMED_MS = 10_000;

/**
 * Who has been handed what. A lease ends when it is acknowledged or after its time; what it held is free then. `onExpired`
 * is called with each that ended by its time.
 */
export class Leases {
  readonly #powers: Pick<Powers, 'clock' | 'randomHex'>;
  readonly #onExpired: (lease: string) => void;
  readonly #held = new Map<string, { readonly ids: readonly string[]; readonly timer: Timer }>();
  readonly #taken = new Set<string>();

  constructor(powers: Pick<Powers, 'clock' | 'randomHex'>, onExpired: (lease: string) => void) {
    this.#powers = powers;
    this.#onExpired = onExpired;
  }

  /** True where a lease holds this notification. */
  holds(id: string): boolean {
    return this.#taken.has(id);
  }

  /** Every lease that has not ended, and what it holds. */
  list(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#held].map(([lease, { ids }]) => [lease, ids]));
  }

  /** A lease of these, by a name that cannot be guessed. */
  begin(ids: readonly string[]): string {
    const lease = this.#powers.randomHex(16);
    this.#hold(lease, ids, LEASE_MS);
    return lease;
  }

  /** Takes up a lease of an earlier run. */
  resume(lease: string, ids: readonly string[]): void {
    this.#hold(lease, ids, RESUMED_MS);
  }

  /** Ends a lease before its time: what it held is free. */
  free(lease: string): void {
    const held = this.#held.get(lease);
    held?.timer.cancel();
    this.#held.delete(lease);
    for (const id of held?.ids ?? []) this.#taken.delete(id);
  }

  /**
   * Ends a lease with what is to be done with what it holds; it does not run out meanwhile, and is over whatever comes of
   * it. Null for one that has ended.
   */
  async end<T>(lease: string, settle: (ids: readonly string[]) => Promise<T>): Promise<T | null> {
    const held = this.#held.get(lease);
    if (!held) return null;
    held.timer.cancel();
    // Nobody else can end it, and what it holds stays held.
    this.#held.delete(lease);
    try {
      return await settle(held.ids);
    } finally {
      for (const id of held.ids) this.#taken.delete(id);
    }
  }

  close(): void {
    for (const { timer } of this.#held.values()) timer.cancel();
  }

  #hold(lease: string, ids: readonly string[], ms: number): void {
    const timer = this.#powers.clock.after(ms, () => {
      this.free(lease);
      this.#onExpired(lease);
    });
    this.#held.set(lease, { ids, timer });
    for (const id of ids) this.#taken.add(id);
  }
}
