// As many short commands as it can have run.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, () => ({ cmd: 'daemon_exec', command: ['true'], mode: 'wait' }));
}
