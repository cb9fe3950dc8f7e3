/** Failures in a row after which a spoke is not tried again. */
export const MAX_FAILURES = 5;
/** A spoke that was ready for so long has not failed in a row. */
const STABLE_MS = 60_000;

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/** How many failures in a row there are with this one. `readyMs` is how long it was ready before; null for not at all. */
export function countFailure(before: number, readyMs: number | null): number {
  return readyMs !== null && readyMs >= STABLE_MS ? 1 : before + 1;
}

/**
 * Milliseconds from a failure to the next try: doubled with each failure in a row, up to a minute. `chance` from 0 to
 * below 1 shifts it by a quarter at most to either side, so that spokes that failed together are not tried together.
 */
export function retryDelay(failures: number, chance: number): number {
  const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(delay * (0.75 + chance / 2));
}
