/** Hears once of what was recorded: null, or why it could not be. Never throws. */
export type Told = (error: unknown) => void;

/** What waits for one write: all of it is done, or none of it, and so all that it records is told the same. */
export class Batch {
  /** Records as JSON without the braces around them and without their place in the chain. */
  readonly entries: string[] = [];
  /** Characters of all of them. */
  length = 0;
  /** For security.log, each with its newline. */
  lines = '';
  readonly #told: Told[] = [];
  #settled: Promise<void> | null = null;

  /** One promise for all that wait for one. */
  get settled(): Promise<void> {
    this.#settled ??= new Promise((resolve, reject) => {
      this.tell((error) => (error === null ? resolve() : reject(error)));
    });
    return this.#settled;
  }

  tell(told: Told): void {
    this.#told.push(told);
  }

  settle(error: unknown): void {
    for (const told of this.#told) {
      try {
        told(error);
      } catch {
        // It says that it never does; the others are to be told all the same.
      }
    }
  }
}
