// A line that does not end.
import { keepWriting } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  keepWriting('x'.repeat(65_536));
}
