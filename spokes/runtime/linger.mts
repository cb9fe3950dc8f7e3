/** The same as core/linger.ts has for the daemon, from which nothing can be shared. */
const TURNS = 50;
const MOST_LET_GO = 15;
/** More requests than this are worked on for longer, and the daemon may need the processor for that. */
const FEW = 2;

/**
 * What keeps the event loop awake for a moment, to be called whenever something was asked: most answers come within some
 * thirty microseconds, and to put a process to sleep and wake it takes about as long. Where answers take longer, most
 * chances are let go. `pending` tells how many answers are still to come.
 */
export function makeLinger(
  pending: () => number,
  atNextTurn: (call: () => void) => void = setImmediate,
): () => void {
  let left = 0;
  let letGo = 0;
  let letGoNext = 1;
  const turn = () => {
    const isWaiting = pending() > 0;
    left = isWaiting ? left - 1 : 0;
    if (left > 0) atNextTurn(turn);
    else if (isWaiting) {
      letGo = letGoNext;
      letGoNext = Math.min(2 * letGoNext + 1, MOST_LET_GO);
    } else letGoNext = 1;
  };
  return () => {
    const count = pending();
    if (count === 0 || count > FEW) return;
    if (left > 0) left = TURNS;
    else if (letGo > 0) letGo -= 1;
    else {
      left = TURNS;
      atNextTurn(turn);
    }
  };
}
