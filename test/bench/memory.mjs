// What the daemon and an idle spoke have in memory, beside a bare Node that does nothing: the daemon all that it has (RSS),
// the spokes, which are many, their part of what processes share (PSS).
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { atMost, median } from './support/figure.mjs';
import { addSpoke, ask, makeWorld, removeWorld, spokesReady, startDaemon } from './support/world.mjs';

const MIB = 1024;
const IDLE = ['-e', 'setInterval(() => {}, 60_000)'];
/** Longer than the daemon holds V8 back for its start: what is told is what a daemon has that goes on. */
const SETTLED_MS = 6000;
/** Children and spokes of each kind, so that what they share is divided alike. */
const EACH = 7;

/** MiB of a process. @param {number} pid */
const pss = (pid) =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / MIB;

/** MiB of a process, with all that it shares. @param {number} pid */
const rss = (pid) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / MIB;

/** The processes between the daemon and a spoke count as the spoke's. @param {number} pid @param {number} daemon @returns {number} */
function withLaunchers(pid, daemon) {
  const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return pss(pid) + (parent === daemon || parent <= 1 ? 0 : withLaunchers(parent, daemon));
}

/** @param {number} pid */
const childrenOf = (pid) =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );

/** The last process of each line of children: the spoke itself. @param {number} pid @returns {number[]} */
const leavesOf = (pid) => {
  const children = childrenOf(pid);
  return children.length === 0 ? [pid] : children.flatMap(leavesOf);
};

export async function measure() {
  const world = await makeWorld();
  const bare = Array.from({ length: EACH }, () =>
    spawn(process.execPath, IDLE, { env: {}, stdio: 'ignore' }),
  );
  try {
    const names = Array.from({ length: EACH }, (_, at) => `idle-${at}`);
    for (const name of names) await addSpoke(world, name, '', 'export function register() {}\n');
    const daemon = await startDaemon(world);
    await spokesReady(world, names);
    await pause(SETTLED_MS);
    const { spokes } = await ask(world, { cmd: 'spoke_list' });
    if (spokes.some((/** @type {{level: string}} */ { level }) => !['strong', 'kernel'].includes(level)))
      throw new Error('the spokes are not confined');
    const plain = median(bare.map(({ pid = 0 }) => pss(pid)));
    const own = rss(daemon.pid);
    const whole = median(bare.map(({ pid = 0 }) => rss(pid)));
    const spoke = median(leavesOf(daemon.pid).map((pid) => withLaunchers(pid, daemon.pid)));
    await daemon.stop();
    const mib = (/** @type {number} */ size) => `${size.toFixed(1)} MiB`;
    return [
      atMost('memory of the daemon, to a bare Node', own / whole, 1.6, `${mib(own)} to ${mib(whole)}`),
      atMost(
        'memory of a confined idle spoke, to a bare Node',
        spoke / plain,
        1.3,
        `${mib(spoke)} to ${mib(plain)} (PSS)`,
      ),
    ];
  } finally {
    for (const child of bare) child.kill();
    await removeWorld(world);
  }
}
