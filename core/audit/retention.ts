import { finishedPieces, pieceName } from '../../schemas/audit-pieces.ts';
import { lastLineOf } from '../append-file.ts';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import type { Audit } from './audit.ts';
import { headOf } from './chained-log.ts';

export interface Retention {
  /** Milliseconds that a finished piece is kept after its last record. */
  readonly keepMs: number;
  /** Bytes that all pieces of `audit.jsonl` may have together, the one being written included. */
  readonly keepBytes: number;
}

/** A finished piece as it lies there. */
export interface Piece {
  /** The number of its last record. */
  readonly last: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** How many of these pieces, the oldest first, are kept no longer. */
export function countExpired(
  pieces: readonly Piece[],
  { keepMs, keepBytes }: Retention,
  { now, currentBytes }: { readonly now: number; readonly currentBytes: number },
): number {
  let bytes = currentBytes + pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  let count = 0;
  for (const piece of pieces) {
    if (now - piece.modifiedMs <= keepMs && bytes <= keepBytes) break;
    bytes -= piece.bytes;
    count += 1;
  }
  return count;
}

/**
 * Removes the pieces of the log that are kept no longer, the oldest first. What is removed is recorded before, so that
 * the chain tells why it begins where it does. Returns how many pieces went.
 */
export async function pruneLog(
  { files, filesNow, clock }: Pick<Powers, 'files' | 'filesNow' | 'clock'>,
  audit: Pick<Audit, 'event'>,
  { directory, journal, security }: LogNames,
  retention: Retention,
): Promise<number> {
  const names = finishedPieces(journal, await files.readdir(directory));
  const pieces = await Promise.all(
    names.map(async ({ name, last }) => {
      const { size, mtimeMs } = await files.lstat(`${directory}/${name}`);
      return { last, bytes: size, modifiedMs: mtimeMs };
    }),
  );
  const current = await files.lstat(`${directory}/${journal}`).catch(() => null);
  const count = countExpired(pieces, retention, { now: clock.now(), currentBytes: current?.size ?? 0 });
  const newest = pieces[count - 1];
  if (newest === undefined) return 0;
  const end = headOf(lastLineOf(filesNow, `${directory}/${pieceName(journal, newest.last)}`));
  const detail = { seq: newest.last, hash: end?.hash ?? null, pieces: count };
  await audit.event({ type: 'event', event: 'audit_pruned', spoke: null, detail });
  for (const { last } of pieces.slice(0, count)) {
    for (const log of [journal, security]) await removeIfThere(files, `${directory}/${pieceName(log, last)}`);
  }
  return count;
}

export interface LogNames {
  readonly directory: string;
  /** File names in it. */
  readonly journal: string;
  readonly security: string;
}

async function removeIfThere(files: Powers['files'], path: string): Promise<void> {
  await files.unlink(path).catch((error: unknown) => {
    if (errno(error) !== 'ENOENT') throw error;
  });
}
