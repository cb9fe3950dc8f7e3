import { finishedPieces, pieceName } from '../../schemas/audit-pieces.ts';
import { lastLinesOf } from '../append-file.ts';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import type { Audit } from './audit.ts';
import { beginsWrite, headOf } from './chain.ts';

export interface Retention {
  /** Milliseconds that a finished piece is kept after its last record. */
  readonly keepMs: number;
  /** Bytes that all pieces of both logs may have together, the ones being written included. */
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
 * the chain tells why it begins where it does. Returns what went; null where nothing did.
 */
export async function pruneLog(
  { files, filesNow, clock }: Pick<Powers, 'files' | 'filesNow' | 'clock'>,
  audit: Pick<Audit, 'event'>,
  { directory, journal, security }: LogNames,
  retention: Retention,
): Promise<Pruned | null> {
  const names = finishedPieces(journal, await files.readdir(directory));
  const pieces = await Promise.all(
    names.map(async ({ name, last }) => {
      const { size, mtimeMs } = await files.lstat(`${directory}/${name}`);
      const beside = await sizeOf(files, `${directory}/${pieceName(security, last)}`);
      return { last, bytes: size + beside, modifiedMs: mtimeMs };
    }),
  );
  const current = await Promise.all([journal, security].map((name) => sizeOf(files, `${directory}/${name}`)));
  const now = clock.now();
  const currentBytes = current.reduce((sum, bytes) => sum + bytes, 0);
  const count = countExpired(pieces, retention, { now, currentBytes });
  const newest = pieces[count - 1];
  if (newest === undefined) return null;
  const end = headOf(lastLinesOf(filesNow, `${directory}/${pieceName(journal, newest.last)}`, beginsWrite));
  const detail = { seq: newest.last, hash: end?.hash ?? null, pieces: count };
  await audit.event({ type: 'event', event: 'audit_pruned', spoke: null, detail });
  for (const { last } of pieces.slice(0, count)) {
    for (const log of [journal, security]) await removeIfThere(files, `${directory}/${pieceName(log, last)}`);
  }
  return { pieces: count, age: now - newest.modifiedMs };
}

export interface Pruned {
  readonly pieces: number;
  /** Milliseconds since the last record that was removed. */
  readonly age: number;
}

export interface LogNames {
  readonly directory: string;
  /** File names in it. */
  readonly journal: string;
  readonly security: string;
}

async function sizeOf(files: Powers['files'], path: string): Promise<number> {
  return files.lstat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function removeIfThere(files: Powers['files'], path: string): Promise<void> {
  await files.unlink(path).catch((error: unknown) => {
    if (errno(error) !== 'ENOENT') throw error;
  });
}
