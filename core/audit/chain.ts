import { createHash } from 'node:crypto';

/** The hash before the first record. */
export const CHAIN_START = '0'.repeat(64);

/** A place in a chain of records: how many there are, and the hash of the last. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** The hash that the next record must carry: hex SHA-256 of this one's line, without its newline. */
export function hashLine(line: string | Buffer): string {
  return createHash('sha256').update(line).digest('hex');
}

export type Verdict =
  | { readonly ok: true; readonly head: ChainHead }
  | { readonly ok: false; readonly line: number; readonly problem: string };

/**
 * Checks that every record carries the hash of the one before and that none is missing. It cannot tell a chain that was
 * rebuilt as a whole: for that, compare the head with one that was kept elsewhere. Lines come without their newline.
 */
export async function verifyChain(lines: AsyncIterable<string>): Promise<Verdict> {
  let head: ChainHead = { seq: 0, hash: CHAIN_START };
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const link = readLink(line);
    if (link === null) return { ok: false, line: number, problem: 'this is not a record' };
    if (link.prev !== head.hash)
      return { ok: false, line: number, problem: 'the record before it was changed or removed' };
    if (link.seq !== head.seq + 1)
      return { ok: false, line: number, problem: `expected record ${head.seq + 1}, found ${link.seq}` };
    head = { seq: link.seq, hash: hashLine(line) };
  }
  return { ok: true, head };
}

/** The place and the backward hash of one record, or null where the line is none. */
export function readLink(line: string): { readonly seq: number; readonly prev: string } | null {
  try {
    const record = JSON.parse(line) as { seq?: unknown; prev?: unknown };
    return typeof record?.seq === 'number' && typeof record.prev === 'string'
      ? { seq: record.seq, prev: record.prev }
      : null;
  } catch {
    return null;
  }
}
