/** Files that are kept in mind; the oldest are forgotten. */
const MAX_FILES = 1000;

/** Tells of a file that is not valid once, however often it is read, and again when it is wrong in another way. */
export class BrokenFiles {
  readonly #told = new Map<string, string>();

  /** True where this has to be told: `problems` is all that is wrong with the file now, null where nothing is. */
  isNews(file: string, problems: string | null): boolean {
    const known = this.#told.get(file);
    this.#told.delete(file);
    if (problems === null) return false;
    this.#told.set(file, problems);
    const [oldest = ''] = this.#told.keys();
    if (this.#told.size > MAX_FILES) this.#told.delete(oldest);
    return known !== problems;
  }
}
