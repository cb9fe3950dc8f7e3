import type { Clock } from './powers.ts';

/** What ends the moment, whichever is first. A turn of the event loop takes two microseconds or more with nothing to do. */
const TURNS = 50;
const LONGEST_MS = 0.15;
/** Where nothing comes meanwhile, this many of the next chances are let go at most: one at first, then more each time. */
const MOST_LET_GO = 15;
/** Who asks for more at once has asked for the next before this is answered. */
const FEW = 2;

/**
 * Keeps the event loop awake for a moment after the daemon has worked. Who asks one thing after the other asks again within
 * some thirty microseconds of an answer, and to put a process to sleep and wake it takes about as long. For who asks now
 * and then hardly any time is spent, since most chances are let go while nothing comes of them.
 */
export class Linger {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #atNextTurn: (call: () => void) => void;
  /** Turns that are left of the moment; 0 outside of it. */
  #left = 0;
  #until = 0;
  #letGo = 0;
  #letGoNext = 1;

  /** `atNextTurn` calls back in the next turn of the event loop, which does not sleep before it. */
  constructor(clock: Pick<Clock, 'monotonic'>, atNextTurn: (call: () => void) => void) {
    this.#clock = clock;
    this.#atNextTurn = atNextTurn;
  }

  /** So much had come, and has been worked on. */
  worked(taken: number): void {
    if (taken === 0 || taken > FEW) return;
    if (this.#left > 0) {
      this.#letGoNext = 1;
      this.#begin();
    } else if (this.#letGo > 0) {
      this.#letGo -= 1;
    } else {
      this.#begin();
      this.#atNextTurn(this.#turn);
    }
  }

  #begin(): void {
    this.#left = TURNS;
    this.#until = this.#clock.monotonic() + LONGEST_MS;
  }

  readonly #turn = () => {
    this.#left = this.#clock.monotonic() < this.#until ? this.#left - 1 : 0;
    if (this.#left > 0) {
      this.#atNextTurn(this.#turn);
      return;
    }
    this.#letGo = this.#letGoNext;
    this.#letGoNext = Math.min(2 * this.#letGoNext + 1, MOST_LET_GO);
  };
}
