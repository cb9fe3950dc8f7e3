import * as fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { FilesNow, Powers } from '../../../core/powers.ts';

/** What becomes of one operation that changes the disk: how much of it is done, and what it throws then, if anything. */
export interface Fate {
  readonly done: 'nothing' | 'half' | 'all';
  readonly error: Error | null;
}

export interface FaultyDisk extends Pick<Powers, 'filesNow' | 'files' | 'replaceFile'> {
  /** The operations so far that would have changed the disk, by what they are and the last part of the name. */
  readonly operations: readonly string[];
}

const WORKS: Fate = { done: 'all', error: null };

/** An error as a system call throws it. */
export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: the disk of this test`), { code });
}

/**
 * The real file access, where a test says of each operation that changes the disk (writes, fsyncs, renames, names that
 * are made or removed) what becomes of it. They count from 1. Reading is not counted.
 */
export function createFaultyDisk(fateOf: (n: number, operation: string) => Fate): FaultyDisk {
  const operations: string[] = [];
  const names = new Map<number, string>();
  const next = (kind: string, path: string): Fate => {
    const operation = `${kind} ${path.slice(path.lastIndexOf('/') + 1)}`;
    operations.push(operation);
    return fateOf(operations.length, operation);
  };
  /** `undo` lets go of what was made for somebody who never hears of it. */
  const now = <T>(kind: string, path: string, act: () => T, undo?: (made: T) => void): T => {
    const { done, error } = next(kind, path);
    if (error === null) return act();
    if (done === 'all') {
      const made = act();
      undo?.(made);
    }
    throw error;
  };
  const nameOf = (fd: number) => names.get(fd) ?? '';
  const changesNames = (flags: fs.OpenMode) =>
    typeof flags === 'string' ? flags !== 'r' : (flags & fs.constants.O_CREAT) !== 0;

  const filesNow = {
    ...fs,
    openSync: (path: string, flags: fs.OpenMode, mode?: fs.Mode) => {
      const open = () => fs.openSync(path, flags, mode);
      const isNew = changesNames(flags) && !fs.existsSync(path);
      const fd = isNew ? now('make', path, open, fs.closeSync) : open();
      names.set(fd, path);
      return fd;
    },
    writeSync: (fd: number, bytes: Buffer, offset: number) => {
      const { done, error } = next('write', nameOf(fd));
      const length = bytes.length - offset;
      const part = error === null || done === 'all' ? length : done === 'half' ? Math.floor(length / 2) : 0;
      const written = part > 0 ? fs.writeSync(fd, bytes, offset, part) : 0;
      if (error) throw error;
      return written;
    },
    // A process that dies takes nothing from the kernel, so that there is no need to wait for the real disk.
    fsyncSync: (fd: number) => now('sync', nameOf(fd), () => {}),
    fdatasync: (fd: number, done: (error: Error | null) => void) => {
      setImmediate(done, next('sync', nameOf(fd)).error);
    },
    ftruncateSync: (fd: number, size: number) => now('cut', nameOf(fd), () => fs.ftruncateSync(fd, size)),
    renameSync: (from: string, to: string) => now('rename', to, () => fs.renameSync(from, to)),
    unlinkSync: (path: string) => now('unlink', path, () => fs.unlinkSync(path)),
    linkSync: (from: string, to: string) => now('link', to, () => fs.linkSync(from, to)),
  } as unknown as FilesNow;

  const later = async <T>(
    kind: string,
    path: string,
    act: () => Promise<T>,
    undo?: (made: T) => Promise<void>,
  ): Promise<T> => {
    const { done, error } = next(kind, path);
    if (error === null) return act();
    if (done === 'all') await act().then(undo);
    throw error;
  };
  const writeHandle = async (handle: FileHandle, path: string, data: string | Buffer): Promise<void> => {
    const { done, error } = next('write', path);
    const bytes = Buffer.from(data as string);
    if (error === null || done === 'all') await handle.writeFile(bytes);
    else if (done === 'half') await handle.writeFile(bytes.subarray(0, Math.floor(bytes.length / 2)));
    if (error) throw error;
  };
  const watched = (handle: FileHandle, path: string): FileHandle => {
    const own: Readonly<Record<string, unknown>> = {
      writeFile: (data: string | Buffer) => writeHandle(handle, path, data),
      sync: () => later('sync', path, async () => {}),
      datasync: () => later('sync', path, async () => {}),
      chmod: (mode: number) => later('chmod', path, () => handle.chmod(mode)),
    };
    return new Proxy(handle, {
      get(target, name) {
        if (Object.hasOwn(own, name)) return own[name as string];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  const files = {
    ...fs.promises,
    open: async (path: string, flags: fs.OpenMode = 'r', mode?: fs.Mode) => {
      const open = () => fs.promises.open(path, flags as string, mode);
      const isNew = changesNames(flags) && !fs.existsSync(path);
      const made = isNew ? await later('make', path, open, (handle) => handle.close()) : await open();
      return watched(made, path);
    },
    rename: (from: string, to: string) => later('rename', to, () => fs.promises.rename(from, to)),
    unlink: (path: string) => later('unlink', path, () => fs.promises.unlink(path)),
    mkdir: (path: string, options: fs.MakeDirectoryOptions) =>
      fs.existsSync(path)
        ? fs.promises.mkdir(path, options)
        : later('mkdir', path, () => fs.promises.mkdir(path, options)),
  } as unknown as Powers['files'];

  let temporaries = 0;
  return {
    operations,
    filesNow,
    files,
    // The steps of write-file-atomic, each of which can be the last.
    async replaceFile(path, data) {
      temporaries += 1;
      const temporary = `${path}.${temporaries}`;
      try {
        const file = await files.open(temporary, 'w', 0o600);
        try {
          await file.writeFile(data);
          await file.sync();
        } finally {
          await file.close();
        }
        await files.rename(temporary, path);
      } catch (error) {
        await files.unlink(temporary).catch(() => {});
        throw error;
      }
    },
  };
}

/** A disk on which the process dies at the n-th operation, before it, in the middle of it or after it. */
export function createDyingDisk(
  n: number,
  done: Fate['done'],
): FaultyDisk & { readonly isDead: () => boolean } {
  let dead = false;
  const death = failure('EDEAD');
  const disk = createFaultyDisk((at) => {
    if (dead) return { done: 'nothing', error: death };
    if (at !== n) return WORKS;
    dead = true;
    return { done, error: death };
  });
  return { ...disk, isDead: () => dead };
}

/** A disk on which so many operations that need space fail, from the n-th on. */
export function createFullDisk(n: number, { times = 1, code = 'ENOSPC' } = {}): FaultyDisk {
  let writes = 0;
  return createFaultyDisk((_, operation) => {
    if (!/^(write|make|mkdir|sync|rename)/.test(operation)) return WORKS;
    writes += 1;
    return writes < n || writes >= n + times ? WORKS : { done: 'half', error: failure(code) };
  });
}

export const CUTS: readonly Fate['done'][] = ['nothing', 'half', 'all'];
