/** A ready spoke is looked at so often. */
export const BEAT_MS = 20_000;
/** A look that comes later than this says nothing of the spoke: the machine, or the daemon, had stood still. */
const LATE_MS = 1000;

/** What a look at a ready spoke finds, since the look before. */
export interface Look {
  /** It has sent something. */
  readonly heard: boolean;
  /** It was asked for a sign of life, and has given none. */
  readonly asked: boolean;
  /** The daemon is not reading from it, to let it wait for its turn. */
  readonly heldUp: boolean;
  /** Milliseconds by which the look came later than it was set for. */
  readonly lateMs: number;
}

/**
 * What to make of a look. `ask` for a sign of life where nothing has come by itself; a spoke that was asked and has said
 * nothing until the next look is `stuck`; `wait` leaves it alone, and `wait-asked` as well, with the question still open.
 */
export function judgeSilence({
  heard,
  asked,
  heldUp,
  lateMs,
}: Look): 'wait' | 'wait-asked' | 'ask' | 'stuck' {
  if (heard) return 'wait';
  if (heldUp || lateMs > LATE_MS) return asked ? 'wait-asked' : 'wait';
  return asked ? 'stuck' : 'ask';
}
