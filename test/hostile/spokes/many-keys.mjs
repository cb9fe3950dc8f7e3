// Lines of a hundred thousand keys that no request has.
import { keepWriting } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  const keys = Array.from({ length: 90_000 }, (_, at) => `"k${at}":0`).join(',');
  keepWriting(`{"id":7,"cmd":"notify","title":"x",${keys}}\n`);
}
