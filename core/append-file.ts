import { constants } from 'node:fs';
import type { FilesNow } from './powers.ts';
import { explainOpening, NEVER_ELSEWHERE, refuseStranger } from './state-file.ts';
import { TextBytes } from './text-bytes.ts';

const TAIL_BYTES = 262_144;
/** What is to be found at the end of a file is looked for in so many bytes, and further back only where these hold none that begins a write. */
const MAX_TAIL = 16_777_216;

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
  /** Which file this is, whatever its name. */
  readonly #device: number;
  readonly #inode: number;
  readonly #texts = new TextBytes();
  /** The last whole lines that the file held when it was opened, from one on that begins something; or null. */
  readonly lastLines: string | null;
  /** What followed the last newline: the beginning of a line that a crash cut off. It was taken out of the file. */
  readonly torn: string | null;

  /**
   * Opens the file, or makes it. Throws AxiumError where something else is under its name, or it belongs to another than
   * `uid`, which is the daemon's. `begins` tells of a line whether it may be the first of the last ones.
   */
  constructor(files: FilesNow, path: string, uid?: number, begins: Begins = anyLine) {
    this.#files = files;
    this.#fd = openFor(files, path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
    try {
      const stat = files.fstatSync(this.#fd);
      refuseStranger(path, stat, uid);
      this.#size = stat.size;
      this.#device = stat.dev;
      this.#inode = stat.ino;
      const { lastLines, torn } = readEnd(files, this.#fd, stat.size, begins);
      this.lastLines = lastLines;
      this.torn = torn;
      if (torn !== null) {
        this.#size -= torn.length;
        files.ftruncateSync(this.#fd, this.#size);
      }
    } catch (error) {
      files.closeSync(this.#fd);
      throw explainOpening(path, error);
    }
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  /** True where what is found under some name is this file, and as it was left. */
  isStill({
    dev,
    ino,
    size,
  }: {
    readonly dev: number;
    readonly ino: number;
    readonly size: number;
  }): boolean {
    return ino === this.#inode && dev === this.#device && (this.#overhangs || size === this.#size);
  }

  append(text: string | Buffer): void {
    const bytes = typeof text === 'string' ? this.#texts.bytesOf(text) : text;
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
}

/** Tells of a line whether it may be the first of the last ones. */
export type Begins = (line: string) => boolean;

const anyLine: Begins = () => true;

/**
 * The last whole lines of a file, from the last one on that `begins`; null where there are none, and where it is no regular
 * file. The file is not changed.
 */
export function lastLinesOf(files: FilesNow, path: string, begins: Begins): string | null {
  const fd = openFor(files, path, constants.O_RDONLY);
  try {
    const stat = files.fstatSync(fd);
    return stat.isFile() ? readEnd(files, fd, stat.size, begins).lastLines : null;
  } finally {
    files.closeSync(fd);
  }
}

function openFor(files: FilesNow, path: string, flags: number): number {
  try {
    return files.openSync(path, flags | NEVER_ELSEWHERE, 0o600);
  } catch (error) {
    throw explainOpening(path, error);
  }
}

/**
 * The last whole lines of a file, and what follows them, a byte a character; each null where there is none. Where none that
 * `begins` is found far enough back, the last line alone.
 */
function readEnd(files: FilesNow, fd: number, size: number, begins: Begins) {
  for (let length = TAIL_BYTES; ; length *= 4) {
    const start = Math.max(0, size - length);
    const tail = readFrom(files, fd, start, size);
    const end = tail.lastIndexOf('\n');
    const torn = end === tail.length - 1 ? null : tail.slice(end + 1);
    if (start === 0 && end < 0) return { lastLines: null, torn };
    // What the piece begins with may be the rest of a line.
    const lines = tail.slice(start === 0 ? 0 : tail.indexOf('\n') + 1, Math.max(0, end)).split('\n');
    const first = lines.findLastIndex(begins);
    const isEnough = start === 0 || (first >= 0 ? tail.indexOf('\n') < end : length >= MAX_TAIL);
    if (isEnough) return { lastLines: latin1ToText(lines.slice(first).join('\n')), torn };
  }
}

function latin1ToText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function readFrom(files: FilesNow, fd: number, start: number, size: number): string {
  const buffer = Buffer.alloc(size - start);
  let length = 0;
  while (length < buffer.length) {
    const read = files.readSync(fd, buffer, length, buffer.length - length, start + length);
    if (read === 0) break;
    length += read;
  }
  return buffer.toString('latin1', 0, length);
}
