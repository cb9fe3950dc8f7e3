import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

type Take = (lines: readonly string[]) => Promise<void>;

/**
 * Hands over each whole line that is added to a file behind an offset, until `take` rejects or the signal aborts. A file
 * that is replaced or cut is read from its beginning.
 */
export async function followFile(
  path: string,
  from: number,
  take: Take,
  signal?: AbortSignal,
): Promise<void> {
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
  }
}

/** A place in a file that grows. */
class Tail {
  readonly #path: string;
  #offset: number;
  #inode: number | null = null;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, offset: number) {
    this.#path = path;
    this.#offset = offset;
  }

  /** The whole lines that were added since. None while there is no file. */
  async read(): Promise<readonly string[]> {
    const file = await open(this.#path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (file === null) return [];
    try {
      const { ino, size } = await file.stat();
      if ((this.#inode !== null && this.#inode !== ino) || size < this.#offset) {
        this.#offset = 0;
        this.#rest = Buffer.alloc(0);
      }
      this.#inode = ino;
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(size - this.#offset),
        0,
        size - this.#offset,
        this.#offset,
      );
      this.#offset += bytesRead;
      return this.#cut(Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]));
    } finally {
      await file.close();
    }
  }

  #cut(bytes: Buffer): readonly string[] {
    const end = bytes.lastIndexOf(0x0a) + 1;
    this.#rest = bytes.subarray(end);
    return bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  }
}
