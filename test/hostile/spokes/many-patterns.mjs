// Has ten thousand patterns, and asks for what none of them covers.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, (at) => ({ cmd: 'fs_read', path: `/etc/no/${at}` }));
}
