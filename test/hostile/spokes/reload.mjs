// Has its files read again as often as it can.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, () => ({ cmd: 'load_spoke_permissions' }));
}
