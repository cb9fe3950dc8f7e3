// 64 reads of 8 MiB under way at all times.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, () => ({ cmd: 'fs_read', path: '~/big', encoding: 'base64' }));
}
