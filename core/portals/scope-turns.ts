/** How many spokes at once have it looked at what their commands are to find. */
const SPOKES_AT_ONCE = 4;

/**
 * Looking through many directories is dear: one spoke does it once at a time and only some do it at once, in the order
 * in which they came.
 */
export class ScopeTurns {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #free = SPOKES_AT_ONCE;

  /** Does what is asked once it is the spoke's turn, and settles as that does. */
  async take<T>(spoke: string, look: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(spoke) ?? Promise.resolve()).then(() => this.#inSlot(look));
    const settled = mine.catch(() => {});
    this.#last.set(spoke, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(spoke) === settled) this.#last.delete(spoke);
    }
  }

  async #inSlot<T>(look: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await look();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
