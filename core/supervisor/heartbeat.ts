import type { Event } from '../../schemas/wire.ts';
import type { Timer } from '../powers.ts';
import type { Pulse } from './pulse.ts';

/** A ready spoke is looked at so often. */
const BEAT_MS = 20_000;
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

/** The line to a spoke, as far as a sign of life is looked for on it. */
export interface WatchedLine {
  /** Whether it has sent anything since this was last asked. */
  readonly takeSign: () => boolean;
  /** Whether the daemon lets it wait with what it sends. */
  readonly isHeldUp: boolean;
  readonly send: (event: Event) => void;
}

/** Looks from now on, again and again, whether a ready spoke still says anything, and calls back once it is stuck. */
export function watchBeat(pulse: Pulse, line: WatchedLine, onStuck: (reason: string) => void): Timer {
  let timer: Timer;
  const look = (asked: boolean) => {
    timer = pulse.after(BEAT_MS, (lateMs) => {
      const found = judgeSilence({ heard: line.takeSign(), asked, heldUp: line.isHeldUp, lateMs });
      if (found === 'stuck') return onStuck(`it was stuck: it said nothing for ${BEAT_MS / 1000} s`);
      if (found === 'ask') line.send({ event: 'heartbeat' });
      look(found === 'ask' || found === 'wait-asked');
    });
  };
  // What it said while it started counts for nothing.
  line.takeSign();
  look(false);
  return { cancel: () => timer.cancel() };
}
