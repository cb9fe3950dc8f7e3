/** Why something could not be read now, though it is worth another look: want of descriptors, memory or a disk that answers. */
const PASSING: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAGAIN',
  'EIO',
  'EINTR',
  'ESTALE',
]);

/** Of these, what the daemon itself is in want of: it says nothing of what was to be read. */
const WANT: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

export function canPass(code: string): boolean {
  return PASSING.has(code);
}

export function isWant(code: string): boolean {
  return WANT.has(code);
}
