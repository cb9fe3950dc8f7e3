// Prints how long a daemon that was killed is away, and how long what it had started outlives it. It ends with 1 where a
// goal is missed.
//
//   npm run bench -- recovery [--kills 20] [--spokes 5]

import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  addSpoke,
  ask,
  makeWorld,
  quantile,
  removeWorld,
  spokesReady,
  startDaemon,
} from './support/world.mjs';

/** Milliseconds until it answers again, and until the last process of a killed one is gone. */
const GOALS = { back: 2000, outlived: 2000 };
const LAUNCH_MS = 1500;

const { values: options } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, spokes: { type: 'string', default: '5' } },
});
const [kills, count] = [Number(options.kills), Number(options.spokes)];
const names = Array.from({ length: count }, (_, at) => `spoke-${at}`);

const CODE = `export async function register(axium) {
  void axium.sendRequest({ cmd: 'daemon_exec', command: ['sleep', '600'], mode: 'wait' });
}
`;

/** The processes that have something of this world in their words or in their directory. @param {string} root */
function processesOf(root) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(root);
      } catch {
        return false;
      }
    });
}

const world = await makeWorld();
/** @type {{back: number[], outlived: number[]}} */
const taken = { back: [], outlived: [] };
let daemon = await startDaemon(world);
try {
  for (const name of names) await addSpoke(world, name, 'permissions:\n  exec: true\n', CODE);
  await ask(world, { cmd: 'spoke_reload' });
  for (let kill = 0; kill < kills; kill += 1) {
    const failed = await spokesReady(world, names);
    if (failed.length > 0) throw new Error(`not ready: ${failed[0]?.name} (${failed[0]?.reason})`);
    // Past the launch of the commands: what is left of a launcher that was cut off in it runs nothing, and is ended by
    // the next daemon.
    await pause(LAUNCH_MS);
    process.kill(daemon.pid, 'SIGKILL');
    const killed = performance.now();
    while (processesOf(world.root).length > 0) {
      if (performance.now() - killed > 10_000) break;
      await pause(5);
    }
    taken.outlived.push(performance.now() - killed);
    const began = performance.now();
    daemon = await startDaemon(world);
    await ask(world, { cmd: 'ping' });
    taken.back.push(performance.now() - began);
  }
} finally {
  await daemon.stop();
  await removeWorld(world);
}
console.log(`${kills} kills of a daemon with ${count} spokes, each of which runs a command; times in ms\n`);
console.log('             p50      max     goal');
let missed = 0;
for (const [what, times] of Object.entries(taken)) {
  const sorted = times.map(Math.round).sort((a, b) => a - b);
  const goal = GOALS[/** @type {'back' | 'outlived'} */ (what)];
  const most = sorted.at(-1) ?? Number.POSITIVE_INFINITY;
  if (most > goal) missed += 1;
  const cells = [quantile(sorted, 0.5), most, `<= ${goal}`].map((cell) => String(cell).padStart(9));
  console.log(`${most > goal ? '-' : ' '} ${what.padEnd(8)}${cells.join('')}`);
}
console.log(`\nload of this machine: ${loadavg()[0]?.toFixed(1)}`);
process.exitCode = missed === 0 ? 0 : 1;
