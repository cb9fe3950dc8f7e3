// One byte a second of a line that never ends.
import { writeRaw } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  setInterval(() => writeRaw(Buffer.from(' ')), 1000);
}
