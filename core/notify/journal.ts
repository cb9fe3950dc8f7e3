import { AppendFile } from '../append-file.ts';
import type { Powers } from '../powers.ts';
import { type Change, encode } from './changes.ts';

type JournalPowers = Pick<Powers, 'filesNow' | 'clock' | 'replaceFile'>;

/** A journal smaller than this is not worth writing anew. Bytes. */
const MIN_COMPACT = 1_048_576;

/**
 * The notification queue on disk: a line for each change, with a checksum. `write` settles when the line is fsynced;
 * lines that come while an fsync is under way share the next one. Where most of it is about what is done with, it is
 * written anew from `snapshot`, the text of a journal of what is queued and on disk.
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
    this.#file = new AppendFile(powers.filesNow, path);
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
    if (this.#file.size > this.#compactAt) {
      void this.#compact().then(() => this.#commit());
      return;
    }
    const batch = this.#waiting;
    this.#waiting = [];
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

  /** Never rejects: a journal that cannot be written anew goes on as it is, and is tried again when it has doubled. */
  async #compact(): Promise<void> {
    this.#busy = true;
    try {
      await this.#powers.replaceFile(this.#path, this.#snapshot());
      if (this.#closed) return;
      const next = new AppendFile(this.#powers.filesNow, this.#path);
      this.#file.close();
      this.#file = next;
    } catch {
      // The old file is still open and whole.
    } finally {
      this.#compactAt = thresholdFor(this.#file.size);
      this.#busy = false;
    }
  }
}

function thresholdFor(size: number): number {
  return Math.max(MIN_COMPACT, 2 * size);
}
