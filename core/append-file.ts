import { constants } from 'node:fs';
import type { FilesNow } from './powers.ts';

const TAIL_BYTES = 262_144;

/**
 * A file of lines that only grows. `append` has written everything when it returns; where it cannot, it throws, and what
 * it had written is taken away before anything else is appended.
 */
export class AppendFile {
  readonly #files: FilesNow;
  readonly #fd: number;
  #size: number;
  /** The file is longer than it should be: what was to be taken away could not be. */
  #overhangs = false;
  /** Which file this is, whatever its name: device and inode. */
  readonly #identity: string;
  /** The last whole line that the file held when it was opened, or null. */
  readonly lastLine: string | null;
  /** What followed the last newline: the beginning of a line that a crash cut off. It was taken out of the file. */
  readonly torn: string | null;

  constructor(files: FilesNow, path: string) {
    this.#files = files;
    // O_NOFOLLOW: a link planted here must not send the log into another file.
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    this.#fd = files.openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    const { size, dev, ino } = files.fstatSync(this.#fd);
    this.#size = size;
    this.#identity = `${dev}:${ino}`;
    const tail = this.#readTail();
    const end = tail.lastIndexOf('\n');
    this.torn = end === tail.length - 1 ? null : tail.slice(end + 1);
    if (this.torn !== null) {
      this.#size -= this.torn.length;
      files.ftruncateSync(this.#fd, this.#size);
    }
    const line = end < 0 ? null : (tail.slice(0, end).split('\n').at(-1) ?? '');
    this.lastLine = line === null ? null : Buffer.from(line, 'latin1').toString('utf8');
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  /** True where what is found under some name is this file, and as it was left. */
  isStill({ dev, ino, size }: { readonly dev: number; readonly ino: number; readonly size: number }): boolean {
    return `${dev}:${ino}` === this.#identity && (this.#overhangs || size === this.#size);
  }

  append(text: string | Buffer): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
    if (this.#overhangs) this.#cut();
    try {
      let written = 0;
      while (written < bytes.length) written += this.#files.writeSync(this.#fd, bytes, written);
      this.#size += bytes.length;
    } catch (error) {
      this.#tryCut();
      throw error;
    }
  }

  /** Takes away what was appended since the file had this size: now, or before the next append where that fails. */
  cutBack(size: number): void {
    this.#size = size;
    this.#tryCut();
  }

  /** Calls back when everything appended so far is on the disk itself. */
  sync(done: (error: Error | null) => void): void {
    this.#files.fdatasync(this.#fd, done);
  }

  close(): void {
    if (this.#overhangs) this.#tryCut();
    this.#files.closeSync(this.#fd);
  }

  #cut(): void {
    this.#files.ftruncateSync(this.#fd, this.#size);
    this.#overhangs = false;
  }

  #tryCut(): void {
    this.#overhangs = true;
    try {
      this.#cut();
    } catch {
      // The disk that failed once may fail again; nothing is appended behind what should not be there.
    }
  }

  /** The end of the file, a byte a character, with at least one whole line where the file has one. */
  #readTail(): string {
    for (let length = TAIL_BYTES; ; length *= 4) {
      const start = Math.max(0, this.#size - length);
      const tail = this.#readFrom(start);
      const newlines = tail.split('\n').length - 1;
      if (start === 0 || newlines >= 2) return tail;
    }
  }

  #readFrom(start: number): string {
    const buffer = Buffer.alloc(this.#size - start);
    let length = 0;
    while (length < buffer.length) {
      const read = this.#files.readSync(this.#fd, buffer, length, buffer.length - length, start + length);
      if (read === 0) break;
      length += read;
    }
    return buffer.toString('latin1', 0, length);
  }
}
