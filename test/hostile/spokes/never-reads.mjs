// Asks as fast as it can and never reads an answer: its own loop never comes round.
import { flood } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  setTimeout(() => flood((id) => `{"id":${id},"cmd":"get_permissions"}\n`), 200);
}
