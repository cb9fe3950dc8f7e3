import type { Code } from '../../schemas/codes.ts';

/**
 * What a typed call of `axium` rejects with when the daemon says no. `message` is the daemon's own sentence. Tell it by
 * its `code`: a spoke imports types only, so there is no class at hand for `instanceof`.
 */
export class AxiumFailure extends Error {
  override readonly name = 'AxiumFailure';
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}
