// A million requests as small as they can be, and wrong ones at that: each still has its record.
import { keepWriting } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  keepWriting('{"id":7,"cmd":""}\n'.repeat(1000));
}
