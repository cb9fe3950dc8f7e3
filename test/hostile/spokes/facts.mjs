// Asks for the facts of the system as fast as it can.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, () => ({ cmd: 'facts' }));
}
