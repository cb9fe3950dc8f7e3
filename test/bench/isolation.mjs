// Prints what one hostile spoke costs the spokes beside it, for each of the hostile spokes of test/hostile/.
//
// It ends with 1 where one of them keeps a good one from its answer, or the goal of the 99th percentile is missed. A NAME is
// that of a file there, or 'none' for nothing hostile; without one, all take their turns, of some 15 seconds each.
//
//   npm run bench -- isolation [NAME...] [--good 10] [--rate 20] [--seconds 10] [--prof DIRECTORY] [--package DIRECTORY]
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { ATTACKS } from '../hostile/attacks.mjs';
import {
  addSpoke,
  ask,
  makeWorld,
  quantile,
  removeWorld,
  sayGo,
  spokesReady,
  startDaemon,
  stored,
  usageOf,
} from './support/world.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    good: { type: 'string', default: '10' },
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '10' },
    prof: { type: 'string' },
    package: { type: 'string' },
  },
});
const [good, rate, seconds] = [Number(options.good), Number(options.rate), Number(options.seconds)];
const MIX = ['hud', 'permissions', 'read', 'denied', 'get'];
/** Milliseconds within which 99 of 100 requests of the good spokes are answered. */
const GOAL_MS = 1000;
/** What the daemon takes at most. */
const GOAL_MIB = 320;
let missed = 0;
const names = Array.from({ length: good }, (_, at) => `good-${at}`);

/** @param {string} name @returns {Promise<string>} */
const text = (name) => readFile(new URL(name, import.meta.url), 'utf8');

/** One run beside an attack, or beside none. @param {string | null} attack */
async function runBeside(attack) {
  const world = await makeWorld(options.package);
  try {
    await mkdir(`${world.home}/mine`);
    for (let at = 0; at < 8; at += 1) await writeFile(`${world.home}/mine/${at}`, 'x'.repeat(4096));
    await writeFile(`${world.home}/big`, Buffer.alloc(8_388_608, 120));
    const plan = `export const PLAN = ${JSON.stringify({ rate, seconds, mix: MIX })};\n`;
    const paced = await text('support/paced.mjs');
    for (const name of names)
      await addSpoke(world, name, 'permissions:\n  fs_read: [~/mine/*]\n', paced, { 'plan.mjs': plan });
    const flags = options.prof ? ['--cpu-prof', `--cpu-prof-dir=${options.prof}/${attack}`] : [];
    const daemon = await startDaemon(world, flags);
    await spokesReady(world, names);
    if (attack !== null) {
      const raw = await text('../hostile/spokes/raw.mjs');
      const code = await text(`../hostile/spokes/${attack}.mjs`);
      await addSpoke(world, 'hostile', ATTACKS[attack]?.permissions ?? '', code, { 'raw.mjs': raw });
      await ask(world, { cmd: 'spoke_reload' });
      await spokesReady(world, ['hostile']);
    }
    const before = usageOf(daemon.pid);
    const sizes = [before.mib];
    const sampling = setInterval(() => sizes.push(usageOf(daemon.pid).mib), 250);
    const began = performance.now();
    await sayGo(world, names);
    const until = performance.now() + (seconds * 4 + 20) * 1000;
    const figures = await Promise.all(names.map((name) => stored(world, name, 'figures', until)));
    clearInterval(sampling);
    const after = usageOf(daemon.pid);
    const cpu = ((after.seconds - before.seconds) * 100_000) / (performance.now() - began);
    const { spokes } = await ask(world, { cmd: 'spoke_list' });
    const end = spokes.find((/** @type {{name: string}} */ { name }) => name === 'hostile');
    await daemon.stop();
    const told = figures.filter((one) => one !== null);
    const latencies = told.flatMap(({ latencies: list }) => list).sort((a, b) => a - b);
    const failures = Object.fromEntries(told.flatMap((one) => Object.entries(one.failures)));
    const lost = names.length - told.length;
    const row = [
      (attack ?? 'none').padEnd(17),
      ...[quantile(latencies, 0.5), quantile(latencies, 0.99), latencies.at(-1)].map((ms) =>
        String(ms).padStart(8),
      ),
      `${lost} lost`.padStart(8),
      String(latencies.length).padStart(7),
      `${Math.max(...sizes).toFixed(0)} MiB`.padStart(9),
      `${cpu.toFixed(0)} %`.padStart(6),
      loadavg()[0]?.toFixed(1).padStart(6),
      ` ${end?.state ?? ''}${end?.reason ? ` (${end.reason})` : ''}`,
      Object.keys(failures).length > 0 ? JSON.stringify(failures) : '',
    ];
    console.log(row.join(' '));
    const isWithin =
      lost === 0 &&
      Object.keys(failures).length === 0 &&
      quantile(latencies, 0.99) <= GOAL_MS &&
      Math.max(...sizes) <= GOAL_MIB;
    if (!isWithin) missed += 1;
  } finally {
    await removeWorld(world);
  }
}

const every = ['none', ...Object.keys(ATTACKS)];
const chosen = positionals.length > 0 ? positionals : every;
const unknown = chosen.find((name) => !every.includes(name));
if (unknown !== undefined) {
  console.error(`bench: expected names of ${every.join(', ')}; found '${unknown}'`);
  process.exit(64);
}
console.log(
  `${good} good spokes x ${rate} requests/s for ${seconds} s, beside one that is hostile; times in ms\n`,
);
console.log('beside                 p50      p99      max   spokes answers   daemon    cpu   load  it is');
for (const name of chosen) await runBeside(name === 'none' ? null : name);
console.log(
  `\n${chosen.length - missed} of ${chosen.length} within the goal: p99 <= ${GOAL_MS} ms, no failure, daemon <= ${GOAL_MIB} MiB`,
);
process.exitCode = missed === 0 ? 0 : 1;
