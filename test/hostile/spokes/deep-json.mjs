// Lines of half a million brackets, which are dear to read and mean nothing.
import { keepWriting } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  const deep = '['.repeat(500_000) + ']'.repeat(500_000);
  keepWriting(`{"id":7,"cmd":"notify","title":${deep}}\n`);
}
