// Commands that each start fifty processes and wait for them, four at all times.
import { keepAsking } from './raw.mjs';

const SCRIPT = 'i=0; while [ $i -lt 50 ]; do sleep 1 & i=$((i+1)); done; wait';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 4, () => ({ cmd: 'daemon_exec', command: ['/bin/sh', '-c', SCRIPT], mode: 'wait' }));
}
