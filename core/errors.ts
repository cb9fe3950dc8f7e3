import type { Code } from '../schemas/codes.ts';

/**
 * A failure that somebody caused and can mend. The message is one line: where, what was expected and found, what to do.
 * Anything else that is thrown is a defect, and is answered as `internal` without its text.
 */
export class AxiumError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.name = 'AxiumError';
    this.code = code;
  }
}

/** The `code` of a failed system call, or the empty string. */
export function errno(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
