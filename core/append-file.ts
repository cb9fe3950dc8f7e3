import { constants } from 'node:fs';
import type { FilesNow } from './powers.ts';
import { explainOpening, NEVER_ELSEWHERE, refuseStranger } from './state-file.ts';

const TAIL_BYTES = 262_144;

/** Bytes of text that are written without a buffer of their own. */
const ROOM = 65_536;

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
  /** Where text becomes bytes, so that not each write leaves a buffer behind. Made with the first one. */
  #room: Buffer | null = null;
  /** The last whole line that the file held when it was opened, or null. */
  readonly lastLine: string | null;
  /** What followed the last newline: the beginning of a line that a crash cut off. It was taken out of the file. */
  readonly torn: string | null;

  /**
   * Opens the file, or makes it. Throws AxiumError where something else is under its name, or it belongs to another than
   * `uid`, which is the daemon's.
   */
  constructor(files: FilesNow, path: string, uid?: number) {
    this.#files = files;
    this.#fd = openFor(files, path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
    try {
      const stat = files.fstatSync(this.#fd);
      refuseStranger(path, stat, uid);
      this.#size = stat.size;
      this.#device = stat.dev;
      this.#inode = stat.ino;
      const { lastLine, torn } = readEnd(files, this.#fd, stat.size);
      this.lastLine = lastLine;
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
    const bytes = typeof text === 'string' ? this.#bytesOf(text) : text;
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

  /** Good until the next call. */
  #bytesOf(text: string): Buffer {
    if (text.length > ROOM) return Buffer.from(text);
    this.#room ??= Buffer.allocUnsafeSlow(ROOM);
    const length = this.#room.write(text);
    // Where a further character could not have found its place, this may be the beginning alone.
    return length > ROOM - 4 ? Buffer.from(text) : this.#room.subarray(0, length);
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

/** The last whole line of a file, which is not changed; null where it holds none, and where it is no regular file. */
export function lastLineOf(files: FilesNow, path: string): string | null {
  const fd = openFor(files, path, constants.O_RDONLY);
  try {
    const stat = files.fstatSync(fd);
    return stat.isFile() ? readEnd(files, fd, stat.size).lastLine : null;
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

/** The last whole line of a file, and what follows it, a byte a character; each null where there is none. */
function readEnd(files: FilesNow, fd: number, size: number) {
  const tail = readTail(files, fd, size);
  const end = tail.lastIndexOf('\n');
  const line = end < 0 ? null : tail.slice(tail.lastIndexOf('\n', end - 1) + 1, end);
  return {
    lastLine: line === null ? null : Buffer.from(line, 'latin1').toString('utf8'),
    torn: end === tail.length - 1 ? null : tail.slice(end + 1),
  };
}

/** The end of a file, a byte a character, with at least one whole line where the file has one. */
function readTail(files: FilesNow, fd: number, size: number): string {
  for (let length = TAIL_BYTES; ; length *= 4) {
    const start = Math.max(0, size - length);
    const tail = readFrom(files, fd, start, size);
    if (start === 0 || tail.indexOf('\n') !== tail.lastIndexOf('\n')) return tail;
  }
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
