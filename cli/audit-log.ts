import { type FileHandle, readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { finishedPieces } from '../schemas/audit-pieces.ts';
import { lastLines, lastLinesOf } from './last-lines.ts';

/** The files of a log in the order in which they were written, the one being written last. */
export async function filesOfLog(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const pieces = finishedPieces(basename(path), names).map(({ name }) => `${dirname(path)}/${name}`);
  return [...pieces, path];
}

export interface EndOfLog {
  /** At least as many as were wanted, where there are. */
  readonly lines: readonly string[];
  /** Whether there are none before these. */
  readonly isAll: boolean;
  /** The offset behind the last of them, in the file being written. */
  readonly offset: number;
}

/** The last whole lines of a log whose file being written is open: out of that, and out of the others as they are needed. */
export async function endOfLog(path: string, open: FileHandle | null, wanted: number): Promise<EndOfLog> {
  const current = open && (await lastLinesOf(open, wanted));
  const offset = current?.end ?? 0;
  let lines = current?.lines ?? [];
  for (const piece of [...(await filesOfLog(path))].slice(0, -1).reverse()) {
    if (lines.length >= wanted) return { lines, offset, isAll: false };
    lines = [...((await lastLines(piece, wanted))?.lines ?? []), ...lines];
  }
  return { lines, offset, isAll: lines.length < wanted };
}
