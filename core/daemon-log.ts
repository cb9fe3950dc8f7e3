import { LogFile } from './audit/log-file.ts';
import type { FilesNow } from './powers.ts';

/** Bytes after which the file is put aside, and how many of those are kept beside it. */
const MAX_FILE = 4_194_304;
const KEPT = 3;

/**
 * The file of the daemon log: bounded, with its last pieces beside it as `.1`, the newest, to `.3`. Each line is there
 * when `write` returns, in the file of that name, whoever has moved or removed the one before. A disk that is full takes
 * lines, and must not take the daemon.
 */
export class DaemonLog {
  readonly #files: FilesNow;
  readonly #file: LogFile;

  /** Throws AxiumError where something else than a log of `uid` lies under its name, or leads elsewhere. */
  constructor(files: FilesNow, path: string, uid?: number) {
    this.#files = files;
    this.#file = new LogFile(files, path, uid);
    const { torn } = this.#file;
    if (torn !== null) this.write(`${Buffer.from(torn, 'latin1').toString('utf8')}\n`);
  }

  write(line: string): void {
    this.reopen();
    try {
      if (this.#file.size + Buffer.byteLength(line) > MAX_FILE && this.#file.size > 0) this.#putAside();
      this.#file.append(line);
    } catch {
      // Nobody is left to be told.
    }
  }

  /** Goes on in a file of its name, where somebody has moved the one before. */
  reopen(): void {
    try {
      this.#file.follow();
    } catch {
      // What is open serves on: the next line tries again.
    }
  }

  #putAside(): void {
    const piece = (n: number) => `${this.#file.path}.${n}`;
    for (let n = KEPT; n >= 1; n -= 1) {
      if (!this.#files.lstatSync(piece(n), { throwIfNoEntry: false })) continue;
      if (n === KEPT) this.#files.unlinkSync(piece(n));
      else this.#files.renameSync(piece(n), piece(n + 1));
    }
    this.#file.setAside(piece(1));
  }
}
