import * as fs from 'node:fs';
import type { FilesNow } from '../../core/powers.ts';

export interface RecordingFiles {
  readonly files: FilesNow;
  /** The text of every write so far, in order, and the file it went to. */
  readonly writes: { readonly path: string; readonly text: string }[];
  /** From now on, the n-th write (1 is the next) stores half of what it was given, and the one after it fails. */
  readonly failAtWrite: (n: number, code?: string) => void;
}

/** The real file access, told by what it wrote, on a disk that can be made to fill up in the middle of a line. */
export function createRecordingFiles(): RecordingFiles {
  const writes: RecordingFiles['writes'] = [];
  const paths = new Map<number, string>();
  let until = Number.POSITIVE_INFINITY;
  let failure = 'ENOSPC';
  const files: FilesNow = {
    ...fs,
    openSync: (path, ...rest) => {
      const fd = fs.openSync(path, ...rest);
      paths.set(fd, String(path));
      return fd;
    },
    writeSync: ((fd: number, data: Buffer, offset: number) => {
      until -= 1;
      if (until < 0) {
        until = Number.POSITIVE_INFINITY;
        throw Object.assign(new Error(`${failure}: the disk of this test is full`), { code: failure });
      }
      const length = until === 0 ? Math.floor((data.length - offset) / 2) : data.length - offset;
      writes.push({ path: paths.get(fd) ?? '', text: data.toString('utf8', offset, offset + length) });
      return fs.writeSync(fd, data, offset, length);
    }) as FilesNow['writeSync'],
  };
  return {
    files,
    writes,
    failAtWrite: (n, code = 'ENOSPC') => {
      until = n;
      failure = code;
    },
  };
}
