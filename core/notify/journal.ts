import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { AppendFile } from '../append-file.ts';
import { errno } from '../errors.ts';
import type { FilesNow, Powers } from '../powers.ts';
import { refuseStranger } from '../state-file.ts';
import { type Change, encode } from './changes.ts';

type JournalPowers = Pick<Powers, 'filesNow' | 'clock' | 'replaceFile' | 'uid'>;

/** A journal smaller than this is not worth writing anew. Bytes. */
const MIN_COMPACT = 1_048_576;

/**
 * The notification queue on disk: a line for each change, with a checksum. `write` settles when the line is fsynced;
 * lines that come while an fsync is under way share the next one. Where most of it is about what is done with, and where
 * somebody moved or changed the file, it is written anew from `snapshot`, the text of a journal of what is queued and on
 * disk.
 */
export class Journal {
  readonly #powers: JournalPowers;
  readonly #path: string;
  readonly #snapshot: () => string;
  #file: AppendFile;
  #compactAt: number;
  #waiting: {
    readonly line: string;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #busy = false;
  #closed = false;

  constructor(powers: JournalPowers, path: string, snapshot: () => string) {
    this.#powers = powers;
    this.#path = path;
    this.#snapshot = snapshot;
    this.#file = this.#open();
    this.#compactAt = thresholdFor(this.#file.size);
  }

  write(next: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: encode(next), resolve, reject });
      if (this.#waiting.length === 1 && !this.#busy) this.#powers.clock.endOfTick(() => this.#commit());
    });
  }

  close(): void {
    this.#closed = true;
    this.#file.close();
  }

  #commit(): void {
    if (this.#closed || this.#busy || this.#waiting.length === 0) return;
    if (this.#file.size > this.#compactAt || this.#isLost()) {
      void this.#renew();
      return;
    }
    const batch = this.#take();
    const before = this.#file.size;
    try {
      this.#file.append(batch.map(({ line }) => line).join(''));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    this.#busy = true;
    this.#file.sync((error) => {
      this.#busy = false;
      // Refused means refused: it must not be there after a restart.
      if (error && !this.#closed) this.#file.cutBack(before);
      for (const { resolve, reject } of batch) {
        if (error) reject(error);
        else resolve();
      }
      this.#commit();
    });
  }

  #take() {
    const batch = this.#waiting;
    this.#waiting = [];
    return batch;
  }

  /** Whoever reads the journal after a crash finds another file than this, or none: somebody moved or changed it. */
  #isLost(): boolean {
    try {
      const found = this.#powers.filesNow.lstatSync(this.#path, { throwIfNoEntry: false });
      return !found || !this.#file.isStill(found);
    } catch {
      return true;
    }
  }

  /**
   * Writes the journal anew and goes on with what waits. Where that fails, the file that is open serves on, unless it is
   * lost: nothing is accepted into a file that nobody would find. The next change tries again.
   */
  async #renew(): Promise<void> {
    this.#busy = true;
    const failure = await this.#replace().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    this.#busy = false;
    if (this.#closed) return;
    this.#compactAt = thresholdFor(this.#file.size);
    if (failure && this.#isLost()) for (const { reject } of this.#take()) reject(failure.error);
    this.#commit();
  }

  async #replace(): Promise<void> {
    const { filesNow, uid, replaceFile } = this.#powers;
    const found = filesNow.lstatSync(this.#path, { throwIfNoEntry: false });
    // A link that was put here must not lead the new journal elsewhere.
    if (found) refuseStranger(this.#path, found, uid);
    await replaceFile(this.#path, this.#snapshot());
    if (this.#closed) return;
    const next = this.#open();
    this.#file.close();
    this.#file = next;
  }

  #open(): AppendFile {
    const { filesNow, uid } = this.#powers;
    const file = new AppendFile(filesNow, this.#path, uid);
    try {
      syncDirectory(filesNow, dirname(this.#path));
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }
}

/** What is fsynced into a file whose name is not on disk yet would be lost with the power. */
function syncDirectory(files: FilesNow, directory: string): void {
  const fd = files.openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    files.fsyncSync(fd);
  } catch (error) {
    // A file system that cannot do this for a directory has nothing to do.
    if (errno(error) !== 'EINVAL') throw error;
  } finally {
    files.closeSync(fd);
  }
}

function thresholdFor(size: number): number {
  return Math.max(MIN_COMPACT, 2 * size);
}
