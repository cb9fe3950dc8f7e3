import { AxiumError } from '../errors.ts';
import type { Powers, Timer } from '../powers.ts';

/** What was leased and not acknowledged is there again after this long. */
const LEASE_MS = 30_000;

/** Who has been handed what. A lease ends when it is acknowledged or after its time; what it held is free then. */
export class Leases {
  readonly #powers: Pick<Powers, 'clock' | 'randomHex'>;
  readonly #onExpired: () => void;
  readonly #held = new Map<string, { readonly ids: readonly string[]; readonly timer: Timer }>();
  readonly #taken = new Set<string>();

  constructor(powers: Pick<Powers, 'clock' | 'randomHex'>, onExpired: () => void) {
    this.#powers = powers;
    this.#onExpired = onExpired;
  }

  /** True where a lease holds this notification. */
  holds(id: string): boolean {
    return this.#taken.has(id);
  }

  /** A lease of these, by a name that cannot be guessed. */
  begin(ids: readonly string[]): string {
    const lease = this.#powers.randomHex(16);
    const timer = this.#powers.clock.after(LEASE_MS, () => {
      this.#free(lease);
      this.#onExpired();
    });
    this.#held.set(lease, { ids, timer });
    for (const id of ids) this.#taken.add(id);
    return lease;
  }

  /**
   * Ends a lease with what is to be done with what it holds; it does not run out meanwhile, and is over whatever comes of
   * it. Throws `not_found` for one that has ended.
   */
  async end<T>(lease: string, settle: (ids: readonly string[]) => Promise<T>): Promise<T> {
    const held = this.#held.get(lease);
    if (!held) throw new AxiumError('not_found', 'this lease has ended; what it held is in the queue again');
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

  #free(lease: string): void {
    for (const id of this.#held.get(lease)?.ids ?? []) this.#taken.delete(id);
    this.#held.delete(lease);
  }
}
