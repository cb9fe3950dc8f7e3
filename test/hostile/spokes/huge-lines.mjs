// Line after line of nearly the largest size that is a line.
import { keepWriting } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  keepWriting(`{"id":7,"cmd":"notify","title":"${'x'.repeat(1_000_000)}"}\n`);
}
