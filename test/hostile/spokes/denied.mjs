// Asks for what it is denied as fast as it can: each has its record.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, (at) => ({ cmd: 'fs_read', path: `/etc/passwd${at}` }));
}
