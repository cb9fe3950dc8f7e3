import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import { logsIn } from '../support/audit-log.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { allowedIn, effectsIn, openBroker } from './support/faulty-broker.ts';
import { CUTS, createDyingDisk, type FaultyDisk } from './support/faulty-disk.ts';

/** What a spoke was told is done. */
interface Told {
  readonly written: string[];
  readonly stored: string[];
  readonly queued: string[];
}

async function live(disk: FaultyDisk, directory: string, told: Told, isDead: () => boolean): Promise<void> {
  const { ask, close } = await openBroker(disk, directory, 'run');
  const request = async (list: string[], name: string, body: { cmd: string } & Record<string, unknown>) => {
    const { ok } = await ask(body);
    if (ok && !isDead()) list.push(name);
  };
  const write = (name: string, append = false) =>
    request(told.written, name, {
      cmd: 'fs_write',
      path: `${directory}/granted/${name}.txt`,
      data: name.repeat(100),
      append,
    });
  const store = (key: string) => request(told.stored, key, { cmd: 'storage_put', key, value: key });
  const notify = (title: string) => request(told.queued, title, { cmd: 'notify', title });
  try {
    await write('one');
    await store('two');
    await notify('three');
    await Promise.all([write('four'), store('five'), notify('six'), write('seven', true)]);
    await ask({ cmd: 'fs_write', path: '/etc/denied.txt', data: '' });
    await write('eight');
  } finally {
    close();
  }
}

test('a run without a crash goes past every kind of operation', async () => {
  const directory = makeTemporaryDirectory();
  const disk = createDyingDisk(Number.POSITIVE_INFINITY, 'all');
  const told: Told = { written: [], stored: [], queued: [] };
  await live(disk, directory, told, disk.isDead);
  const sorted = (names: readonly string[]) => [...names].sort();
  const effects = effectsIn(directory);
  expect(sorted(effects.written)).toEqual(sorted(told.written));
  expect([told.written.length, sorted(effects.stored), sorted(effects.queued)]).toEqual([
    4,
    sorted(told.stored),
    sorted(told.queued),
  ]);
  expect(disk.operations.length).toBeGreaterThan(40);
});

test.each(CUTS)(
  'wherever the daemon dies (%s of the operation done), nothing was done without its record, nothing that was told is lost',
  async (done) => {
    for (let n = 1; ; n += 1) {
      const directory = makeTemporaryDirectory();
      const disk = createDyingDisk(n, done);
      const told: Told = { written: [], stored: [], queued: [] };
      await live(disk, directory, told, disk.isDead).catch((error: unknown) => {
        if (!disk.isDead()) throw error;
      });
      if (!disk.isDead()) {
        expect(n).toBeGreaterThan(40);
        return;
      }
      const where = `operation ${n}: ${disk.operations[n - 1]}`;
      // The next daemon: what it finds is what counts.
      (await openBroker(createPowers(), directory, 'next')).close();
      const effects = effectsIn(directory);
      const allowed = await allowedIn(directory);
      expect([where, effects.written.filter((name) => !allowed.written.has(name))]).toEqual([where, []]);
      expect([where, effects.stored.filter((name) => !allowed.stored.has(name))]).toEqual([where, []]);
      expect(effects.queued.length).toBeLessThanOrEqual(allowed.notified);
      expect([where, allowed.requests.length]).toEqual([where, new Set(allowed.requests).size]);
      for (const kind of ['written', 'stored', 'queued'] as const) {
        expect([where, told[kind].filter((name) => !effects[kind].includes(name))]).toEqual([where, []]);
      }
      expect(await verifyChain(readLog(fs, logsIn(directory).journal))).toMatchObject({ ok: true });
    }
  },
);
