import { once } from 'node:events';
import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AuditRecord } from '../../../schemas/audit.ts';

/**
 * Settles with the first record of a journal that fits, whether it is there already or comes. Each byte is read once,
 * since a spoke that floods can make it long, and it goes on in the next piece.
 */
export async function firstRecord(
  journal: string,
  fits: (record: AuditRecord) => boolean,
): Promise<AuditRecord> {
  const watcher = watch(dirname(journal));
  let file = await open(journal);
  try {
    let begun = Buffer.alloc(0);
    for (;;) {
      const changed = once(watcher, 'change');
      const isOver = await isFinished(file, journal);
      const bytes = Buffer.concat([begun, await readOn(file)]);
      const end = bytes.lastIndexOf(10) + 1;
      begun = bytes.subarray(end);
      const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
      const found = lines.map((line) => JSON.parse(line) as AuditRecord).find(fits);
      if (found) return found;
      if (isOver) {
        await file.close();
        file = await open(journal);
      } else await changed;
    }
  } finally {
    watcher.close();
    await file.close();
  }
}

/** Nothing more comes in a file that has another one under its name. */
async function isFinished(file: FileHandle, path: string): Promise<boolean> {
  const [mine, named] = await Promise.all([file.stat(), stat(path).catch(() => null)]);
  return named !== null && named.ino !== mine.ino;
}

async function readOn(file: FileHandle): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1_048_576), 0, 1_048_576, null);
    if (bytesRead === 0) return Buffer.concat(pieces);
    pieces.push(buffer.subarray(0, bytesRead));
  }
}
