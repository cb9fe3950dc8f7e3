import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { errno } from '../errors.ts';
import type { FilesNow, Powers } from '../powers.ts';
import { explainOpening, NEVER_ELSEWHERE, refuseStranger } from '../state-file.ts';

/** What an earlier run left of the queue; nothing where there was none. Throws AxiumError for what is no such file. */
export async function readQueueFile(
  { files, uid }: Pick<Powers, 'files' | 'uid'>,
  path: string,
): Promise<Buffer> {
  let handle: FileHandle | null = null;
  try {
    handle = await files.open(path, constants.O_RDONLY | NEVER_ELSEWHERE);
    refuseStranger(path, await handle.stat(), uid);
    return await handle.readFile();
  } catch (error) {
    if (errno(error) === 'ENOENT') return Buffer.alloc(0);
    throw explainOpening(path, error);
  } finally {
    await handle?.close();
  }
}

/** Keeps a damaged file byte for byte under a name that is free, and tells that. */
export function keepDamaged(
  { filesNow, clock }: Pick<Powers, 'filesNow' | 'clock'>,
  path: string,
  bytes: Buffer,
): string {
  const name = `${path}.damaged-${clock.now()}`;
  for (let count = 1; ; count += 1) {
    const free = count === 1 ? name : `${name}-${count}`;
    try {
      writeNew(filesNow, free, bytes);
      return free;
    } catch (error) {
      if (errno(error) !== 'EEXIST') throw explainOpening(free, error);
    }
  }
}

function writeNew(files: FilesNow, path: string, bytes: Buffer): void {
  // O_EXCL: what was damaged before is kept as well.
  const fd = files.openSync(path, 'wx', 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += files.writeSync(fd, bytes, written);
    files.fsyncSync(fd);
  } finally {
    files.closeSync(fd);
  }
}
