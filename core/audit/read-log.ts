import { constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import { finishedPieces } from '../../schemas/audit-pieces.ts';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { NEVER_ELSEWHERE } from '../state-file.ts';
import type { LogLine } from './verify-chain.ts';

/** The whole lines of a log, of all of its pieces in the order in which they were written. */
export async function* readLog(files: Powers['files'], path: string): AsyncGenerator<LogLine> {
  const directory = dirname(path);
  const names = await files.readdir(directory).catch(ifMissing<string[]>([]));
  const pieces = finishedPieces(basename(path), names).map(({ name }) => `${directory}/${name}`);
  for (const file of [...pieces, path]) yield* linesOf(files, file);
}

async function* linesOf(files: Powers['files'], file: string): AsyncGenerator<LogLine> {
  const handle = await files.open(file, constants.O_RDONLY | NEVER_ELSEWHERE).catch(ifMissing(null));
  if (handle === null) return;
  try {
    let rest = Buffer.alloc(0);
    let number = 0;
    const buffer = Buffer.alloc(1_048_576);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        number += 1;
        yield { file, number, text: rest.toString('utf8', 0, end) };
        rest = rest.subarray(end + 1);
      }
    }
  } finally {
    await handle.close();
  }
}

function ifMissing<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (errno(error) === 'ENOENT') return otherwise;
    throw error;
  };
}
