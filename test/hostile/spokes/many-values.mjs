// Lines of just as many values as are taken, the one within the other or all under their own keys, as fast as it can.
import { keepWriting } from './raw.mjs';

const MOST = 4096;

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  const depth = MOST - 4;
  const deep = '['.repeat(depth) + ']'.repeat(depth);
  const keys = Array.from({ length: depth }, (_, at) => `"k${at}":0`).join(',');
  keepWriting(`{"id":7,"cmd":"notify","title":${deep}}\n{"id":8,"cmd":"notify",${keys}}\n`.repeat(16));
}
