import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type AuditRecord, auditRecordSchema } from '../schemas/audit.ts';
import { finishedPieces } from '../schemas/audit-pieces.ts';

/** The files of a log in the order in which they were written, the one being written last. */
export async function filesOfLog(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const pieces = finishedPieces(basename(path), names).map(({ name }) => `${dirname(path)}/${name}`);
  return [...pieces, path];
}

/** Every line of these files. A file that is not there has none. */
export async function* linesOfFiles(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    try {
      yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** The record in a line; null where there is none, which is for `audit verify` to tell. */
export function recordIn(line: string): AuditRecord | null {
  try {
    const parsed = auditRecordSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
