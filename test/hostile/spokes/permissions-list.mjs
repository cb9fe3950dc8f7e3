// Has ten thousand patterns, and asks for the list of them all the time.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, () => ({ cmd: 'get_permissions' }));
}
