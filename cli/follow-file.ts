import { watch } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { openIfThere } from './last-lines.ts';

type Take = (lines: readonly string[]) => Promise<void>;

/** A place in a file that is open. */
export interface Place {
  readonly file: FileHandle | null;
  readonly offset: number;
}

/**
 * Hands over each whole line that is added to a file behind a place in it, until `take` rejects or the signal aborts; the
 * file is closed then. One that is replaced is read to its end, and what took its place from the beginning; so is one
 * that is cut.
 */
export async function followFile(path: string, from: Place, take: Take, signal?: AbortSignal): Promise<void> {
  const tail = new Tail(path, from);
  // The directory and not the file, so that a file put in its place is seen as well.
  const watcher = watch(dirname(path), { persistent: true });
  try {
    await new Promise<void>((resolve, reject) => {
      let reading: Promise<void> = Promise.resolve();
      const look = () => {
        reading = reading.then(async () => {
          const lines = await tail.read();
          if (lines.length > 0) await take(lines);
        });
        reading.catch(reject);
      };
      watcher.on('change', (_event, name) => {
        if (name === null || String(name) === basename(path)) look();
      });
      watcher.on('error', reject);
      if (signal?.aborted) resolve();
      signal?.addEventListener('abort', () => resolve());
      // What was written before the watch began.
      look();
    });
  } finally {
    watcher.close();
    await tail.close();
  }
}

/** A place in a file that grows. It keeps the file open, so that its end is read even after it was renamed. */
class Tail {
  readonly #path: string;
  #offset: number;
  #file: FileHandle | null;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, { file, offset }: Place) {
    this.#path = path;
    this.#file = file;
    this.#offset = offset;
  }

  /** The whole lines that were added since. None while there is no file. */
  async read(): Promise<readonly string[]> {
    this.#file ??= await openIfThere(this.#path);
    if (this.#file === null) return [];
    const lines = [...(await this.#readOpen(this.#file))];
    while (await this.#isReplaced(this.#file)) {
      // What was written between the look and the change of names.
      lines.push(...(await this.#readOpen(this.#file)));
      await this.close();
      this.#file = await openIfThere(this.#path);
      if (this.#file === null) break;
      this.#begin();
      lines.push(...(await this.#readOpen(this.#file)));
    }
    return lines;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  #begin(): void {
    this.#offset = 0;
    this.#rest = Buffer.alloc(0);
  }

  async #isReplaced(file: FileHandle): Promise<boolean> {
    const [own, named] = await Promise.all([file.stat(), stat(this.#path).catch(() => null)]);
    return named !== null && (named.ino !== own.ino || named.dev !== own.dev);
  }

  async #readOpen(file: FileHandle): Promise<readonly string[]> {
    const { size } = await file.stat();
    if (size < this.#offset) this.#begin();
    const length = size - this.#offset;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, this.#offset);
    this.#offset += bytesRead;
    return this.#cut(Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]));
  }

  #cut(bytes: Buffer): readonly string[] {
    const end = bytes.lastIndexOf(0x0a) + 1;
    this.#rest = bytes.subarray(end);
    return bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  }
}
