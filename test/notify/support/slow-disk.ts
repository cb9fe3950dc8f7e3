import * as fs from 'node:fs';
import type { FilesNow } from '../../../core/powers.ts';

/** A disk whose fsyncs the test can count, hold up and let fail. */
export function slowDisk() {
  let syncs = 0;
  let error: NodeJS.ErrnoException | null = null;
  let held: (() => void)[] | null = null;
  let onSync = () => {};
  const fdatasync = (fd: number, done: (error: NodeJS.ErrnoException | null) => void) => {
    syncs += 1;
    const sync = () => fs.fdatasync(fd, (failed) => done(error ?? failed));
    if (held) held.push(sync);
    else sync();
    onSync();
  };
  return {
    files: { ...fs, fdatasync } as unknown as FilesNow,
    syncs: () => syncs,
    /** From now on fsyncs wait for `release`; settles when one does. */
    hold: () => {
      held = [];
      return new Promise<void>((resolve) => {
        onSync = resolve;
      });
    },
    release: () => {
      for (const sync of held?.splice(0) ?? []) sync();
      held = null;
    },
    fail: (code: string | null) => {
      error = code === null ? null : Object.assign(new Error(code), { code });
    },
  };
}
