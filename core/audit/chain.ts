import { hash } from 'node:crypto';

/** The hash before the first record. */
export const CHAIN_START = '0'.repeat(64);

/** The hash that the next record must carry: hex SHA-256 of this one's line, without its newline. */
export function hashLine(line: string | Buffer): string {
  return hash('sha256', line, 'hex');
}

/** The place and the backward hash of one record, or null where the line is none. */
export function readLink(line: string): { readonly seq: number; readonly prev: string } | null {
  try {
    const record = JSON.parse(line) as { seq?: unknown; prev?: unknown };
    const { seq, prev } = record ?? {};
    // A number that cannot be counted on from would be the end of the chain.
    const counts = typeof seq === 'number' && Number.isSafeInteger(seq + 1_000_000_000) && seq > 0;
    return counts && typeof prev === 'string' && /^[0-9a-f]{64}$/.test(prev) ? { seq, prev } : null;
  } catch {
    return null;
  }
}
