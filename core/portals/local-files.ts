import { constants, type Stats } from 'node:fs';
import type { FilesNow, Powers } from '../powers.ts';
import type { LocalMounts } from './local-mounts.ts';
import { O_PATH, type OpenFile, refuseUnreadable, throughHandle } from './open-file.ts';

export interface LocalFilesInput {
  readonly files: Powers['files'];
  readonly filesNow: FilesNow;
  /** The mounts that are local now, or were a moment ago. */
  readonly mounts: () => LocalMounts | Promise<LocalMounts>;
  /**
   * Opens by O_PATH what lies on the mount of `/` and takes no waiting to open. Null for all else, and wherever it fails: a
   * thread is asked then, which also tells why.
   */
  readonly openCached?: ((path: string) => number | null) | null;
}

/** Files whose last name may be gone and whose blocks are then freed when they are closed: a thread closes larger ones. */
const QUICK_TO_CLOSE = 1_048_576;

/**
 * Opens files to be read. To follow a path can take for ever, and is done by a thread, unless the kernel has every name on
 * the way in its memory and says so. What was opened on a local file system is in its memory as well: what it is, where,
 * and on what is asked at once, which costs a twentieth of asking a thread. To open it for reading and to read are done by
 * threads whatever the kernel has in memory: a virus scanner is asked each time, and what it is given to chew on can be a
 * spoke's choice. A file of any other mount, such as one of a server that may hang, is a FileHandle: all by threads.
 */
export class LocalFiles {
  readonly #input: LocalFilesInput;
  /** For what the kernel tells of a descriptor, of which the number of its mount is among the first words. */
  readonly #told = Buffer.alloc(256);

  constructor(input: LocalFilesInput) {
    this.#input = input;
  }

  /** Opens what a path leads to, as O_PATH does. Rejects as `open` does. */
  async open(path: string): Promise<OpenFile> {
    const { files, filesNow, mounts, openCached } = this.#input;
    const cached = openCached && (await mounts()).isRootLocal ? openCached(path) : null;
    // It lies on the mount of `/`, which a process has for as long as it runs.
    if (cached !== null) return new LocalFile(filesNow, cached);
    const fd = await openInThread(filesNow, path, O_PATH);
    try {
      // After it was opened: its mount can then not go away, nor its number become another's.
      if ((await mounts()).numbers.has(this.#mountOf(fd))) return new LocalFile(filesNow, fd);
      const handle = await files.open(throughHandle({ fd }), O_PATH);
      filesNow.close(fd, () => {});
      return handle;
    } catch (error) {
      filesNow.close(fd, () => {});
      throw error;
    }
  }

  /** The number of the mount that an open file lies on. The kernel tells it from memory, whatever the file system. */
  #mountOf(fd: number): number {
    const { filesNow } = this.#input;
    const info = filesNow.openSync(`/proc/self/fdinfo/${fd}`, constants.O_RDONLY);
    try {
      const length = filesNow.readSync(info, this.#told, 0, this.#told.length, 0);
      return Number(/^mnt_id:\s*(\d+)$/m.exec(this.#told.toString('latin1', 0, length))?.[1]);
    } finally {
      filesNow.closeSync(info);
    }
  }
}

/** A file of a local file system that is held open by O_PATH. */
export class LocalFile implements OpenFile {
  readonly fd: number;
  readonly #now: FilesNow;

  constructor(now: FilesNow, fd: number) {
    this.#now = now;
    this.fd = fd;
  }

  stat(): Promise<Stats> {
    return Promise.resolve(this.#now.fstatSync(this.fd));
  }

  /** The text of the handle's own link, which the kernel makes up from memory. */
  name(): string {
    return this.#now.readlinkSync(throughHandle(this));
  }

  /** The magic number of its file system. */
  fileSystem(): number {
    return this.#now.statfsSync(throughHandle(this)).type;
  }

  /** Reads a part of it; `size` is the whole file's. Rejects with `failed` where it may not be read. */
  async read(offset: number, length: number): Promise<{ readonly bytes: Buffer; readonly size: number }> {
    const now = this.#now;
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    const fd = await openInThread(now, throughHandle(this), flags).catch(refuseUnreadable);
    try {
      const { size } = now.fstatSync(fd);
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < buffer.length) {
        const read = await readInThread(now, fd, buffer, filled, offset + filled);
        if (read === 0) break;
        filled += read;
      }
      return { bytes: buffer.subarray(0, filled), size };
    } finally {
      // Frees nothing, since the file is held open still.
      now.closeSync(fd);
    }
  }

  async close(): Promise<void> {
    const { fd } = this;
    // As it is now: whoever may write there can have made it large since, and taken its name away.
    if (this.#now.fstatSync(fd).size <= QUICK_TO_CLOSE) this.#now.closeSync(fd);
    else this.#now.close(fd, () => {});
  }
}

function openInThread(now: FilesNow, path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    now.open(path, flags, (error, fd) => (error ? reject(error) : resolve(fd)));
  });
}

function readInThread(
  now: FilesNow,
  fd: number,
  buffer: Buffer,
  at: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    now.read(fd, buffer, at, buffer.length - at, position, (error, read) =>
      error ? reject(error) : resolve(read),
    );
  });
}
