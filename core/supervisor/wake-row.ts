import { retryDelay } from './backoff.ts';
import type { Cause } from './cause.ts';

/** An event that comes so soon after a process has ended may be of that process's own making. */
const SOON_MS = 1000;

/**
 * Counts the events that wake a spoke right after it has ended. One that changes with its last act what it is woken by
 * would be started again for ever: the first is taken at its word, and those that follow wait, each twice as long.
 */
export class WakeRow {
  #row = 0;

  /**
   * Milliseconds to wait before the spoke is started for this. `sinceEnd` is how long ago its last process has ended, 0
   * while it is ending, and infinite where it had none. `chance` is from 0 to below 1.
   */
  waitFor({ why }: Cause, sinceEnd: number, chance: number): number {
    // Neither a person nor a clock does what a spoke wants.
    if (why !== 'event') return 0;
    this.#row = sinceEnd < SOON_MS ? this.#row + 1 : 0;
    return this.#row > 1 ? retryDelay(this.#row - 1, chance) : 0;
  }
}
