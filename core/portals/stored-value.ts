import { createHash } from 'node:crypto';

/** The first line of a value's file: what it is, in which version, and the checksum of what follows. */
const FORM = 'axium-value 1';
const DIGITS = 32;
const HEAD_BYTES = FORM.length + DIGITS + 2;

/** A value as its file holds it. */
export function encodeValue(value: string): string {
  return `${FORM} ${checksum(Buffer.from(value))}\n${value}`;
}

/** The value that a file holds; null where that is not what was written. */
export function decodeValue(bytes: Buffer): string | null {
  const value = bytes.subarray(HEAD_BYTES);
  const head = `${FORM} ${checksum(value)}\n`;
  return bytes.subarray(0, HEAD_BYTES).equals(Buffer.from(head)) ? value.toString('utf8') : null;
}

/** Bytes of a value, from the size of its file. */
export function valueSize(fileSize: number): number {
  return Math.max(0, fileSize - HEAD_BYTES);
}

function checksum(value: Buffer): string {
  return createHash('sha256').update(value).digest('hex').slice(0, DIGITS);
}
