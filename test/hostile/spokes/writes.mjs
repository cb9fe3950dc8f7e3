// Writes files as fast as it can.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, (at) => ({ cmd: 'fs_write', path: `~/mine/w${at % 100}`, data: 'x'.repeat(65_536) }));
}
