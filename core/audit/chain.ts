import { createHash, type Hash, hash } from 'node:crypto';
import type { ChainHead } from '../../schemas/audit.ts';

/** The hash before the first record. */
export const CHAIN_START = '0'.repeat(64);

/**
 * The hash that the next write must carry: hex SHA-256 of the lines of this one, with the newlines between them and
 * without the last. One hash a write, since what is recorded in one turn is written at once, and hashing each record for
 * itself takes longer than all else that is done to record it.
 */
export function hashLines(lines: string | Buffer): string {
  return hash('sha256', lines, 'hex');
}

/** A record's place. `prev` is null but in the first record of a write, where it is the hash of the write before. */
export interface Link {
  readonly seq: number;
  readonly prev: string | null;
}

/** The place of a record, or null where the line is none. */
export function readLink(line: string): Link | null {
  try {
    const record = JSON.parse(line) as { v?: unknown; seq?: unknown; prev?: unknown };
    const { v, seq, prev } = record ?? {};
    // A number that cannot be counted on from would be the end of the chain.
    if (typeof seq !== 'number' || !Number.isSafeInteger(seq + 1_000_000_000) || seq <= 0) return null;
    // In the form before this one each record was a write of its own.
    if (prev === undefined) return v === 2 ? { seq, prev: null } : null;
    return typeof prev === 'string' && /^[0-9a-f]{64}$/.test(prev) ? { seq, prev } : null;
  } catch {
    return null;
  }
}

/** True for the line that a search for the beginning of the last write ends at: what is no record begins nothing. */
export function beginsWrite(line: string): boolean {
  const link = readLink(line);
  return link === null || link.prev !== null;
}

/** The head after these lines, which are the last write; null where one of them is no record. */
export function headOf(lines: string | null): ChainHead | null {
  if (lines === null) return null;
  const links = lines.split('\n').map(readLink);
  const last = links.at(-1);
  if (!last || links.includes(null) || links[0]?.prev == null) return null;
  return { seq: last.seq, hash: hashLines(lines) };
}

/** Follows a chain line by line, and tells what the next write would have to carry. */
export class ChainFollower {
  #hash: Hash | null = null;

  /** The lines of the last write so far. CHAIN_START where there are none. */
  get head(): string {
    return this.#hash?.copy().digest('hex') ?? CHAIN_START;
  }

  /** Takes one more line, which begins a write or goes on with the last one. */
  take(line: string, begins: boolean): void {
    if (begins || this.#hash === null) this.#hash = createHash('sha256').update(line);
    else this.#hash.update('\n').update(line);
  }
}
