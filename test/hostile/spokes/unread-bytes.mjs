// Asks for files as bytes that follow a line, as often as it can, and never reads one: its own loop never comes round.
import { flood } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  const fields = '"cmd":"fs_read","path":"~/big","encoding":"bytes"';
  setTimeout(() => flood((id) => `{"id":${id},${fields}}\n`), 200);
}
