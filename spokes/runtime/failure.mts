import type { Code } from '../../schemas/codes.ts';

/**
 * What a typed call of `axium` rejects with when the daemon says no. `message` is the daemon's own sentence. Tell it by
 * its `code`: a spoke imports types only, so there is no class at hand for `instanceof`.
 */
export class AxiumFailure extends Error {
  override readonly name = 'AxiumFailure';
  readonly code: Code;
  /** With `denied`: what the user could write into a `permissions` section to allow it; null where nothing would. */
  readonly entry: string | null;

  constructor(code: Code, message: string, entry: string | null = null) {
    super(message);
    this.code = code;
    this.entry = entry;
  }
}
