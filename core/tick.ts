export interface TickInput {
  /** Calls back once everything that has come in was read, and before more is. */
  readonly atEndOfTurn: (call: () => void) => void;
  /** Calls back once nothing is left that can go on without waiting for something outside. */
  readonly onceDrained: (call: () => void) => void;
}

/**
 * What is done together: what one turn of the event loop has taken on is decided, then recorded with one write, then
 * performed, then answered with one write, all in the same turn. Going round the event loop between these steps would
 * take as long as the steps themselves. What is asked for at any other time, as when a file was read, waits for the end of
 * the turn, so that it too is written together with whatever else is ready then.
 */
export class Tick {
  readonly #input: TickInput;
  #isTurning = false;
  #calls: (() => void)[] = [];

  constructor(input: TickInput) {
    this.#input = input;
  }

  /** Has something taken on at the end of this turn of the event loop. */
  turn(take: () => void): void {
    this.#input.atEndOfTurn(() => {
      this.#isTurning = true;
      try {
        take();
      } finally {
        this.#input.onceDrained(() => this.#round());
      }
    });
  }

  /** Calls back once everything that goes on at the same time has come as far as it can. */
  end(call: () => void): void {
    if (this.#isTurning) this.#calls.push(call);
    else this.#input.atEndOfTurn(call);
  }

  /** What these calls set going comes as far as it can before the next ones are made. */
  #round(): void {
    const calls = this.#calls;
    this.#calls = [];
    this.#isTurning = calls.length > 0;
    if (calls.length === 0) return;
    this.#input.onceDrained(() => this.#round());
    for (const call of calls) call();
  }
}
