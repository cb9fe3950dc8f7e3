// Many spokes at once, beside as many children of fork() that nobody confines.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { atMost, interleave, median, ratioOf } from './support/figure.mjs';
import { addSpoke, ask, makeWorld, removeWorld, spokesReady, startDaemon } from './support/world.mjs';

const CHILD = fileURLToPath(new URL('support/echo-child.mjs', import.meta.url));
const SPOKES = 50;
/** Of an idle daemon: how often, and for how many milliseconds, in which every spoke has its heartbeat. */
const IDLE = { times: 7, ms: 5000 };

/** Milliseconds until so many children, with as little in their environment as a spoke has, have said something. */
async function forks() {
  const began = performance.now();
  const children = Array.from({ length: SPOKES }, () => fork(CHILD, [], { execArgv: [], env: {} }));
  await Promise.all(children.map((child) => once(child, 'message')));
  const took = performance.now() - began;
  const gone = children.map((child) => once(child, 'exit'));
  for (const child of children) child.kill();
  await Promise.all(gone);
  return took;
}

/** Starts a daemon, then gives it the spokes. */
async function startSpokes() {
  const world = await makeWorld();
  const names = Array.from({ length: SPOKES }, (_, at) => `idle-${at}`);
  const daemon = await startDaemon(world);
  for (const name of names) await addSpoke(world, name, '', 'export function register() {}\n');
  const began = performance.now();
  await ask(world, { cmd: 'spoke_reload' });
  const failed = await spokesReady(world, names);
  const took = performance.now() - began;
  if (failed.length > 0) throw new Error(`not ready: ${failed.map(({ reason }) => reason)}`);
  const { spokes } = await ask(world, { cmd: 'spoke_list' });
  const loose = spokes.filter(
    (/** @type {{level: string}} */ { level }) => !['strong', 'kernel'].includes(level),
  );
  if (loose.length > 0) throw new Error(`${loose.length} spokes are not confined`);
  return { world, daemon, took };
}

/** How often the main thread of a process has gone to sleep. @param {number} pid */
const sleeps = (pid) =>
  Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Milliseconds that all threads of a process have run. @param {number} pid */
const processorTime = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, ns) => sum + ns / 1e6, 0);

/** What is started on demand has no process until then. */
const ON_DEMAND = 'activation: on-demand\ntriggers: {commands: [show]}\n';

/** @param {number} pid */
const childrenOf = (pid) =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );

/** MiB. @param {number} pid */
const rss = (pid) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** MiB of a Node that does nothing. */
async function bareNode() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], {
    env: {},
    stdio: 'ignore',
  });
  await pause(1000);
  const memory = rss(child.pid ?? 0);
  child.kill();
  return memory;
}

/** MiB of a daemon with so many spokes that are idle. Throws where one of them has a process. @param {number} spokes */
async function withIdle(spokes) {
  const world = await makeWorld();
  try {
    for (let at = 0; at < spokes; at += 1)
      await addSpoke(world, `idle-${at}`, ON_DEMAND, 'export function register() {}\n');
    const daemon = await startDaemon(world);
    await pause(1000);
    const { spokes: listed } = await ask(world, { cmd: 'spoke_list' });
    const children = childrenOf(daemon.pid).length;
    const memory = rss(daemon.pid);
    await daemon.stop();
    const idle = listed.filter((/** @type {{state: string}} */ { state }) => state === 'idle').length;
    if (children > 0 || idle !== spokes) throw new Error(`${idle} are idle, with ${children} processes`);
    return memory;
  } finally {
    await removeWorld(world);
  }
}

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ quick, rounds }) {
  const ready = await interleave(quick ? 1 : rounds, {
    forks,
    spokes: async () => {
      const { world, daemon, took } = await startSpokes();
      await daemon.stop();
      await removeWorld(world);
      return took;
    },
  });
  const { world, daemon } = await startSpokes();
  await pause(2000);
  /** @type {number[]} */
  const busy = [];
  /** @type {number[]} */
  const woken = [];
  for (let time = 0; time < (quick ? 1 : IDLE.times); time += 1) {
    const [began, slept] = [processorTime(daemon.pid), sleeps(daemon.pid)];
    await pause(IDLE.ms);
    busy.push((processorTime(daemon.pid) - began) / IDLE.ms);
    woken.push((sleeps(daemon.pid) - slept) / (IDLE.ms / 1000));
  }
  await daemon.stop();
  await removeWorld(world);
  const memory = await interleave(quick ? 1 : Math.min(3, rounds), {
    none: () => withIdle(0),
    idle: () => withIdle(SPOKES),
    bare: bareNode,
  });
  const each = memory.idle.map((value, at) => (value - (memory.none[at] ?? Number.NaN)) / SPOKES);
  return [
    atMost(
      `${SPOKES} spokes confined and ready, to ${SPOKES} plain forks`,
      ratioOf(ready.spokes, ready.forks),
      1.35,
      `${median(ready.spokes).toFixed(0)} to ${median(ready.forks).toFixed(0)} ms`,
    ),
    atMost(
      `processor of an idle daemon with ${SPOKES} spokes, of one core`,
      median(busy),
      0.005,
      `woken ${median(woken).toFixed(1)} times a second`,
    ),
    atMost(
      `memory of one of ${SPOKES} idle spokes on demand, which have no process, to a bare Node`,
      ratioOf(each, memory.bare),
      0.05,
      `${median(each).toFixed(1)} to ${median(memory.bare).toFixed(1)} MiB`,
    ),
  ];
}
