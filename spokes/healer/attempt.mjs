/**
 * @template T
 * @typedef {{ readonly ok: true, readonly value: T } | { readonly ok: false, readonly code: string, readonly error: string }} Outcome
 */
/** @typedef {<T>(what: string, request: () => Promise<T>) => Promise<Outcome<T>>} Attempt */

/**
 * Makes the way in which this spoke asks for anything: a refusal becomes a value, and a line on stderr where it is another
 * than the last one for the same thing. Defects still throw.
 *
 * @param {(line: string) => void} write
 * @returns {Attempt}
 */
export function createAttempt(write) {
  /** @type {Map<string, string>} */
  const said = new Map();
  return async (what, request) => {
    try {
      const value = await request();
      said.delete(what);
      return { ok: true, value };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      const line = `${what}: ${error.code}: ${error.message}`;
      if (said.get(what) !== line) write(line);
      said.set(what, line);
      return { ok: false, code: String(error.code), error: error.message };
    }
  };
}
