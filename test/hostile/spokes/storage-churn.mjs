// Stores, lists and deletes values as fast as it can, among a thousand others.
import { keepAsking } from './raw.mjs';

/** @type {((at: number) => import('../../../spokes/runtime/api.mts').WireRequest)[]} */
const KINDS = [
  (at) => ({ cmd: 'storage_put', key: `k${at % 1000}`, value: 'x'.repeat(4096) }),
  (at) => ({ cmd: 'storage_put', key: `k${(at * 7) % 1000}`, value: 'y' }),
  () => ({ cmd: 'storage_list' }),
  (at) => ({ cmd: 'storage_delete', key: `k${(at * 3) % 1000}` }),
];

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, (at) => KINDS[at % KINDS.length]?.(at) ?? { cmd: 'storage_list' });
}
