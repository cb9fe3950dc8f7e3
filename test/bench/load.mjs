// Prints what many confined spokes at a steady rate get: answers, latencies as the spokes see them, what the log holds of
// it, and what it costs the daemon. It ends with 1 where a goal is missed.
//
//   npm run bench -- load [--spokes 20] [--rate 100] [--seconds 60] [--without put] [--prof DIRECTORY] [--package DIRECTORY]

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import {
  addSpoke,
  auditRecords,
  makeWorld,
  quantile,
  removeWorld,
  sayGo,
  spokesReady,
  startDaemon,
  stored,
  usageOf,
  verifyAudit,
} from './support/world.mjs';

const { values: options } = parseArgs({
  options: {
    spokes: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    without: { type: 'string' },
    prof: { type: 'string' },
    package: { type: 'string' },
  },
});
const [count, rate, seconds] = [Number(options.spokes), Number(options.rate), Number(options.seconds)];

/** Milliseconds, and MiB. */
const GOALS = { p99: 250, mib: 256 };

/** Of twenty requests. Storing ends in an fsync, and so is the dearest of them. */
const KINDS = [
  ...Array(6).fill('hud'),
  ...Array(6).fill('permissions'),
  ...Array(4).fill('read'),
  ...Array(2).fill('denied'),
  'get',
  'put',
].filter((kind) => kind !== options.without);
const MIX = KINDS.map((_kind, at) => KINDS[(at * 7) % KINDS.length]);

const world = await makeWorld(options.package);
try {
  const code = await readFile(new URL('support/paced.mjs', import.meta.url), 'utf8');
  const plan = `export const PLAN = ${JSON.stringify({ rate, seconds, mix: MIX })};\n`;
  await mkdir(`${world.home}/mine`);
  for (let at = 0; at < 8; at += 1) await writeFile(`${world.home}/mine/${at}`, 'x'.repeat(4096));
  const names = Array.from({ length: count }, (_, at) => `paced-${at}`);
  for (const name of names)
    await addSpoke(world, name, 'permissions:\n  fs_read: [~/mine/*]\n', code, { 'plan.mjs': plan });
  const began = performance.now();
  const daemon = await startDaemon(
    world,
    options.prof ? ['--cpu-prof', `--cpu-prof-dir=${options.prof}`] : [],
  );
  const failed = await spokesReady(world, names);
  const ready = performance.now() - began;
  if (failed.length > 0)
    throw new Error(`not ready: ${failed.map(({ name, reason }) => `${name} (${reason})`)}`);
  console.log(
    `${count} spokes x ${rate} requests/s for ${seconds} s; ready after ${(ready / 1000).toFixed(1)} s`,
  );
  const before = usageOf(daemon.pid);
  const samples = [before.mib];
  await sayGo(world, names);
  const sampling = setInterval(() => samples.push(usageOf(daemon.pid).mib), 1000);
  const until = performance.now() + (seconds * 3 + 30) * 1000;
  const figures = await Promise.all(names.map((name) => stored(world, name, 'figures', until)));
  clearInterval(sampling);
  const after = usageOf(daemon.pid);
  await daemon.stop();

  const told = figures.filter((one) => one !== null);
  const latencies = told.flatMap(({ latencies }) => latencies).sort((a, b) => a - b);
  const sent = told.reduce((sum, one) => sum + one.sent, 0);
  const took = Math.max(...told.map((one) => one.took)) / 1000;
  const failures = told.flatMap((one) => Object.entries(one.failures));
  const slowest = [...new Set(MIX)].map(
    (kind) => `${kind} ${Math.max(...told.map((one) => one.slowest[kind] ?? 0))}`,
  );
  let decisions = 0;
  for await (const { type, command, resource } of auditRecords(world)) {
    if (type !== 'decision' || resource === 'go' || resource === 'figures') continue;
    if (command !== '') decisions += 1;
  }
  const most = Math.max(...samples);
  const goals = {
    'every spoke finished': told.length === count,
    'as many answers as requests': latencies.length === sent && failures.length === 0,
    'as many decisions as requests': decisions === sent,
    [`p99 <= ${GOALS.p99} ms`]: quantile(latencies, 0.99) <= GOALS.p99,
    [`daemon <= ${GOALS.mib} MiB`]: most <= GOALS.mib,
  };
  const cpu = (after.seconds - before.seconds) / took;
  console.log(`spokes that finished   ${told.length} of ${count}`);
  console.log(
    `requests, answers      ${sent}, ${latencies.length} in ${took.toFixed(1)} s (${Math.round(sent / took)}/s)`,
  );
  console.log(`decision records       ${decisions}`);
  console.log(`unexpected answers     ${failures.length === 0 ? 'none' : JSON.stringify(failures)}`);
  console.log(
    `latency                p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms, max ${latencies.at(-1)} ms`,
  );
  console.log(`slowest of each, ms    ${slowest.join(', ')}`);
  const at = (/** @type {number} */ share) => samples[Math.floor((samples.length - 1) * share)]?.toFixed(0);
  console.log(
    `daemon in memory       ${at(0)} MiB at start, ${at(0.5)} in the middle, ${at(1)} at the end, ${Math.max(...samples).toFixed(0)} at most`,
  );
  const each = (1000 * (after.seconds - before.seconds)) / sent;
  console.log(`daemon's processor     ${(100 * cpu).toFixed(0)} % of one, ${each.toFixed(3)} ms a request`);
  console.log(`axium audit verify     ${await verifyAudit(world)}`);
  console.log(
    `load of this machine   ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}`,
  );
  const missed = Object.entries(goals).flatMap(([goal, isReached]) => (isReached ? [] : [goal]));
  console.log(
    `goals                  ${missed.length === 0 ? 'all reached' : `missed: ${missed.join(', ')}`}`,
  );
  process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
  await removeWorld(world);
}
