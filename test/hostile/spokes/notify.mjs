// Notifies as fast as it can.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, (at) => ({ cmd: 'notify', title: `title ${at}`, body: 'x'.repeat(4000) }));
}
