// A daemon with one confined spoke that does rounds of requests, and the proof that none was done without its record.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  addSpoke,
  ask,
  auditRecords,
  makeWorld,
  removeWorld,
  spokesReady,
  startDaemon,
  store,
  stored,
  verifyAudit,
} from './world.mjs';

/** Requests of a round, of those that a spoke may make at once. */
export const ROUND = 1000;
/** What the limit on the rate of requests gives back in a second, less what a spoke asks for between two rounds. */
const REFILL = 1800;

/**
 * Starts it. `permissions` is the section of the manifest; `extra` are further spokes that only lie there.
 * @param {{permissions?: string, flags?: readonly string[], package?: string | undefined, files?: Readonly<Record<string, string | Buffer>>}} options
 */
export async function startHost({ permissions = '', flags = [], package: from, files = {} } = {}) {
  const world = await makeWorld(from);
  await mkdir(`${world.home}/mine`);
  for (const [name, content] of Object.entries(files)) await writeFile(`${world.home}/mine/${name}`, content);
  const code = await readFile(new URL('rounds.mjs', import.meta.url), 'utf8');
  await addSpoke(world, 'bench', permissions, code);
  const daemon = await startDaemon(world, flags);
  const failed = await spokesReady(world, ['bench']);
  if (failed.length > 0) throw new Error(`the spoke is not ready: ${failed[0]?.reason}`);
  let number = 0;
  /** When the spoke may make as many requests at once again as it ever may. */
  let full = 0;
  /** @type {Record<string, number>} */
  const asked = {};
  return {
    world,
    pid: daemon.pid,
    /**
     * One round, in microseconds a request; throws where an answer is not the expected one. It begins once the limit on
     * the rate of requests is where it was before the round before it: otherwise a round would measure that limit.
     * @param {string} kind @param {number} inFlight @param {{count?: number, code?: string}} options
     */
    async round(kind, inFlight, { count = ROUND, code: expected = 'ok' } = {}) {
      await pause(Math.max(0, full - performance.now()));
      number += 1;
      await store(world, 'bench', 'go', JSON.stringify({ number, kind, count, inFlight }));
      for (const until = performance.now() + 60_000; ; await pause(5)) {
        const told = await stored(world, 'bench', 'round', until);
        if (told === null) throw new Error(`no answer for a round of ${kind}`);
        if (told.number !== number) continue;
        if (told.codes[expected] !== count) throw new Error(`${kind}: ${JSON.stringify(told.codes)}`);
        asked[kind] = (asked[kind] ?? 0) + count;
        full = performance.now() + (count * 1000) / REFILL;
        return /** @type {number} */ (told.us);
      }
    },
    /** Ends it, and throws where a request has no record, the chain does not hold, or the spoke was not confined. */
    async stop() {
      const { spokes } = await ask(world, { cmd: 'spoke_list' });
      await daemon.stop();
      try {
        await requireRecords(world, asked);
        const level = spokes.find((/** @type {{name: string}} */ { name }) => name === 'bench')?.level;
        if (level !== 'strong' && level !== 'kernel') throw new Error(`the spoke was confined at '${level}'`);
        return level;
      } finally {
        await removeWorld(world);
      }
    },
  };
}

/** Every other kind names a file. @type {Readonly<Record<string, string>>} */
const COMMANDS = {
  hud: 'hud_segment_value',
  permissions: 'get_permissions',
  notify: 'notify',
};

/** @param {import('./world.mjs').World} world @param {Record<string, number>} asked */
async function requireRecords(world, asked) {
  /** @type {Record<string, number>} */
  const expected = {};
  for (const [kind, count] of Object.entries(asked)) {
    const command = COMMANDS[kind] ?? 'fs_read';
    expected[command] = (expected[command] ?? 0) + count;
  }
  /** @type {Record<string, number>} */
  const decided = {};
  const allowed = new Set();
  let outcomes = 0;
  for await (const record of auditRecords(world)) {
    if (record.type === 'outcome' && allowed.has(record.request)) outcomes += 1;
    if (record.type !== 'decision') continue;
    decided[record.command] = (decided[record.command] ?? 0) + 1;
    // What else it asked for, as whether there is a next round, may be under way at the end.
    if (record.effect === 'allow' && record.command in expected) allowed.add(record.request);
    if (record.outcome && allowed.has(record.request)) outcomes += 1;
  }
  for (const [command, count] of Object.entries(expected)) {
    if (decided[command] !== count)
      throw new Error(`${count} requests of ${command}, and ${decided[command]} records of them`);
  }
  if (outcomes !== allowed.size) throw new Error(`${allowed.size} allowed, and ${outcomes} outcomes`);
  const said = await verifyAudit(world);
  if (!said.includes('records verified')) throw new Error(`the audit log: ${said}`);
}
