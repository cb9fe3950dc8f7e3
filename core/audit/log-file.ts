import { AppendFile, type Begins } from '../append-file.ts';
import type { FilesNow } from '../powers.ts';

/**
 * A log under a name. Somebody may rename, remove or cut the file at any time; what is appended after `follow` is in the
 * file of that name, and not in one that nobody finds.
 */
export class LogFile {
  readonly path: string;
  readonly #files: FilesNow;
  readonly #uid: number | undefined;
  readonly #begins: Begins | undefined;
  #file: AppendFile;
  /** It was put aside by ourselves, and no new one could be begun yet. */
  #isAside = false;

  constructor(files: FilesNow, path: string, uid?: number, begins?: Begins) {
    this.#files = files;
    this.#uid = uid;
    this.#begins = begins;
    this.path = path;
    this.#file = new AppendFile(files, path, uid, begins);
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#file.size;
  }

  /** The last whole lines that were there when the file was opened, from one on that `begins`; or null. */
  get lastLines(): string | null {
    return this.#file.lastLines;
  }

  /** The beginning of a line that a crash had cut off, taken out of the file when it was opened; or null. */
  get torn(): string | null {
    return this.#file.torn;
  }

  append(text: string | Buffer): void {
    this.#file.append(text);
  }

  /** Takes away what was appended since the file had this size. */
  cutBack(size: number): void {
    this.#file.cutBack(size);
  }

  /** Opens the file anew where that is needed, and tells whether somebody else had moved or changed it. */
  follow(): boolean {
    const found = this.#files.lstatSync(this.path, { throwIfNoEntry: false });
    if (found && this.#file.isStill(found)) return false;
    const isOurs = this.#isAside && !found;
    this.#replace();
    return !isOurs;
  }

  /** Gives the file another name, which must be free, and begins an empty one. Where it fails, the next `follow` mends it. */
  setAside(name: string): void {
    if (this.#files.lstatSync(name, { throwIfNoEntry: false })) {
      throw Object.assign(new Error(`EEXIST: there is something under the name ${name}`), { code: 'EEXIST' });
    }
    this.#files.renameSync(this.path, name);
    this.#isAside = true;
    this.#replace();
  }

  close(): void {
    this.#file.close();
  }

  #replace(): void {
    const next = new AppendFile(this.#files, this.path, this.#uid, this.#begins);
    this.#file.close();
    this.#file = next;
    this.#isAside = false;
  }
}
