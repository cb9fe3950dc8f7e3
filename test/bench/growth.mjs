// Measures how cost grows with spokes, rules and bytes, and draws it.
//
//   npm run bench -- growth [FILE]        (docs/growth.svg where no file is named)

import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decider } from './decision.mjs';
import { drawGrowth } from './support/draw.mjs';
import { interleave, median } from './support/figure.mjs';
import { startHost } from './support/host.mjs';
import {
  addSpoke,
  makeWorld,
  removeWorld,
  spokesReady,
  startDaemon,
  store,
  stored,
} from './support/world.mjs';

const ROUNDS = 7;
const SPOKES = [1, 2, 5, 10, 20, 50, 100];
const RULES = [1, 10, 100, 1000, 10_000];
const SIZES = [1, 4, 16, 64, 256, 1024, 4096, 8192];
/** Requests of each spoke in a round. */
const EACH = 100;

/** Microseconds of processor time of a process's first thread. @param {number} pid */
const busy = (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;

/** What a request costs the daemon's thread while so many spokes make some at once. @param {number} count */
async function costWithSpokes(count) {
  const world = await makeWorld();
  try {
    const code = await readFile(new URL('support/rounds.mjs', import.meta.url), 'utf8');
    const names = Array.from({ length: count }, (_, at) => `bench-${at}`);
    for (const name of names) await addSpoke(world, name, '', code);
    const daemon = await startDaemon(world);
    const failed = await spokesReady(world, names);
    if (failed.length > 0) throw new Error(`not ready: ${failed[0]?.reason}`);
    const costs = [];
    for (let number = 1; number <= ROUNDS + 1; number += 1) {
      const before = busy(daemon.pid);
      const go = JSON.stringify({ number, kind: 'hud', count: EACH, inFlight: 16 });
      for (const name of names) await store(world, name, 'go', go);
      for (const name of names) {
        while ((await stored(world, name, 'round', Number.POSITIVE_INFINITY)).number !== number)
          await pause(5);
      }
      costs.push((busy(daemon.pid) - before) / (EACH * count));
    }
    await daemon.stop();
    return median(costs.slice(1));
  } finally {
    await removeWorld(world);
  }
}

async function costsWithRules() {
  const deciders = await Promise.all(RULES.map((count) => decider(count)));
  const ways = Object.fromEntries(RULES.map((count, at) => [count, () => deciders[at]?.(50) ?? Number.NaN]));
  const taken = await interleave(ROUNDS, ways);
  return RULES.map((count) => median(taken[count] ?? []));
}

async function costsWithBytes() {
  const files = Object.fromEntries(SIZES.map((kib) => [`k${kib}`, Buffer.alloc(kib * 1024, 120)]));
  const host = await startHost({ permissions: 'permissions:\n  fs_read: [~/mine/*]\n', files });
  try {
    const ways = Object.fromEntries(
      SIZES.map((kib) => [
        `k${kib}`,
        async () => {
          const us = await host.round(`k${kib}`, 1, { count: Math.max(1, Math.min(50, 2048 / kib)) });
          await pause(kib / 8);
          return us;
        },
      ]),
    );
    const taken = await interleave(ROUNDS, ways);
    return SIZES.map((kib) => median(taken[`k${kib}`] ?? []));
  } finally {
    await host.stop();
  }
}

const spokes = [];
for (const count of SPOKES) spokes.push(await costWithSpokes(count));
const panels = [
  { title: 'a request, by busy spokes', unit: 'us of the daemon', at: SPOKES, costs: spokes },
  { title: 'a decision, by rules', unit: 'us', at: RULES, costs: await costsWithRules() },
  { title: 'a read, by KiB', unit: 'us', at: SIZES, costs: await costsWithBytes() },
];
for (const { title, at, costs } of panels) {
  console.log(`${title}: ${at.map((one, index) => `${one}: ${costs[index]?.toFixed(1)} us`).join(', ')}`);
}
const file = process.argv[2] ?? fileURLToPath(new URL('../../docs/growth.svg', import.meta.url));
writeFileSync(file, drawGrowth(panels));
