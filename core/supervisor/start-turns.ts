/**
 * Has one process made in a turn of the event loop, in the order in which they were asked for. To make one takes
 * milliseconds in which the daemon hears nobody; of many that start at once each is answered while the next are made.
 */
export class StartTurns {
  readonly #atNextTurn: (call: () => void) => void;
  readonly #waiting: (() => void)[] = [];
  /** One was made in this turn. */
  #isTaken = false;

  constructor(atNextTurn: (call: () => void) => void) {
    this.#atNextTurn = atNextTurn;
  }

  /** Calls back at once where none was made in this turn, and else in a later one. */
  take(make: () => void): void {
    if (this.#isTaken) {
      this.#waiting.push(make);
      return;
    }
    this.#isTaken = true;
    this.#atNextTurn(() => this.#next());
    make();
  }

  #next(): void {
    this.#isTaken = false;
    const make = this.#waiting.shift();
    if (make) this.take(make);
  }
}
