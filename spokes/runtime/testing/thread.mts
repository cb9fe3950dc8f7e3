// The entry of a spoke that runs in a test whose clock stands still. Its name is what tells it from that of a process.
import { workerData } from 'node:worker_threads';
import { installHandClock } from './hand-clock.mts';
import { countPending } from './pending.mts';

const { start, port } = workerData.clock;
// The spoke's own code comes later, and finds no way to move it.
delete workerData.clock;
installHandClock(start, port, countPending(workerData.port));
void import('../bootstrap.mts');
