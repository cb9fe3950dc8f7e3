import { execFile } from 'node:child_process';
import { mkdirSync, promises } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import {
  type ExecutorWorld,
  isRoot,
  makeExecutorWorld,
  operator,
  perform,
} from './support/executor-world.ts';

const TABLE = `version: 1
actions:
  mark:
    description: Make a file
    parameters: {name: {type: name}}
    argv: [/usr/bin/mktemp, -p, '{directory}/effects', --suffix, '{name}', mark.XXXXXX]
    tier: operator
    rate: {each: 500, all: 1000, per: 1h}
  kill_parent:
    description: Ends the executor in the middle of its work
    argv: ['/usr/bin/perl', -e, 'kill 9, getppid']
    tier: operator
    rate: {each: 5, all: 10, per: 1h}
`;
const DYING = fileURLToPath(new URL('./fixtures/dying-executor.mjs', import.meta.url));

describe.runIf(isRoot)('an executor that is killed', () => {
  let world: ExecutorWorld;
  beforeEach(() => {
    world = makeExecutorWorld(TABLE);
    mkdirSync(`${world.directory}/effects`);
    mkdirSync(`${world.directory}/state`, { mode: 0o700 });
  });
  afterEach(() => world.remove());

  /** How many steps it took to the end; null where it was killed. */
  const run = (at: number, when: 'before' | 'after') =>
    new Promise<number | null>((resolve) => {
      execFile(process.execPath, [DYING, world.table, world.log, String(at), when], (error, stdout) =>
        resolve(error ? null : Number(stdout)),
      );
    });

  test('at any step has done nothing that is not on record, and its next start tells what it did not see end', async () => {
    const steps = (await run(0, 'before')) ?? 0;
    expect(steps).toBeGreaterThan(3);
    for (let at = 1; at <= steps; at += 1) {
      for (const when of ['before', 'after'] as const) expect([at, await run(at, when)]).toEqual([at, null]);
    }
    const records = world.records();
    const allowed = records.filter(({ type, effect }) => type === 'privileged' && effect === 'allow');
    const recorded = allowed.map(({ params }) => (params as { name: string }).name);
    const effects = (await promises.readdir(`${world.directory}/effects`)).map((name) =>
      name.slice('mark.XXXXXX'.length),
    );
    expect(effects.filter((name) => !recorded.includes(name))).toEqual([]);
    expect(effects.length).toBeGreaterThan(2);
    // The last step is the record of how it ended, so every run but the one that died behind it left an open end.
    const ends = records.filter(({ type }) => type === 'result');
    expect(new Set(ends.map(({ of }) => of)).size).toBe(ends.length);
    expect(allowed.length - ends.length).toBeLessThanOrEqual(1);
    expect(ends.some(({ end }) => end === 'unknown')).toBe(true);
    expect(await verifyChain(readLog(promises, world.log))).toMatchObject({ ok: true });
  }, 60_000);

  test('by what it runs gives no answer, and is not asked the same once more', async () => {
    await world.start();
    const asked = perform('kill_parent');
    expect(await world.ask(operator, asked)).toBe(null);
    await world.start();
    expect(await world.ask(operator, asked)).toMatchObject({ code: 'exists' });
    expect(world.records().filter(({ event }) => event === 'interrupted')).toHaveLength(1);
  });
});
