import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import { logsIn } from '../support/audit-log.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { allowedIn, effectsIn, openBroker } from './support/faulty-broker.ts';
import { createFaultyDisk, createFullDisk, failure } from './support/faulty-disk.ts';

/** What a spoke was told. */
interface Told {
  readonly done: string[];
  readonly refused: string[];
}

/** A round of everything that needs space. */
async function askAll(
  directory: string,
  ask: Awaited<ReturnType<typeof openBroker>>['ask'],
  round: string,
): Promise<Told> {
  const told: Told = { done: [], refused: [] };
  const request = async (name: string, body: { cmd: string } & Record<string, unknown>) => {
    const { ok } = await ask(body);
    (ok ? told.done : told.refused).push(name);
  };
  const path = (name: string) => `${directory}/granted/${name}.txt`;
  await request(`${round}-write`, { cmd: 'fs_write', path: path(`${round}-write`), data: 'x'.repeat(100) });
  await request(`${round}-store`, { cmd: 'storage_put', key: `${round}-store`, value: 'x' });
  await Promise.all([
    request(`${round}-notify`, { cmd: 'notify', title: `${round}-notify` }),
    request(`${round}-other`, { cmd: 'notify', title: `${round}-other` }),
    request(`${round}-together`, { cmd: 'fs_write', path: path(`${round}-together`), data: 'x' }),
  ]);
  return told;
}

test.each(['ENOSPC', 'EIO', 'EDQUOT'].flatMap((code) => [1, 4].map((times) => [code, times] as const)))(
  '%s, %i in a row, at each of the first 40 writes: nothing is told that is not so, nothing is done without its record, and it mends itself',
  async (code, times) => {
    for (let n = 1; n <= 40; n += 1) {
      const where = `write ${n}`;
      const directory = makeTemporaryDirectory();
      const disk = createFullDisk(n, { times, code });
      const opened = await openBroker(disk, directory, 'run').catch((error: unknown) => error as Error);
      if (opened instanceof Error) {
        // It does not start, and says why in one line.
        expect([where, opened.message]).toEqual([where, expect.stringMatching(`^[^\\n]*${code}[^\\n]*$`)]);
        continue;
      }
      const { ask, audit, queue, close } = opened;
      const during = await askAll(directory, ask, 'during');
      // The disk is well again by then, unless so little was written that it has not failed yet.
      const rest = [];
      for (let round = 0; round < 4; round += 1) rest.push(await askAll(directory, ask, `after${round}`));
      const last = rest.at(-1);
      expect([where, last?.refused, audit.trouble]).toEqual([where, [], null]);
      const listed = queue.list().map(({ title }) => title);
      close();

      const done = [during, ...rest].flatMap((told) => told.done);
      const refused = [during, ...rest].flatMap((told) => told.refused);
      const effects = effectsIn(directory);
      const there = [...effects.written, ...effects.stored, ...effects.queued];
      expect([where, done.filter((name) => !there.includes(name))]).toEqual([where, []]);
      const notifications = refused.filter((name) => /notify|other/.test(name));
      expect([where, notifications.filter((name) => [...listed, ...effects.queued].includes(name))]).toEqual([
        where,
        [],
      ]);
      const allowed = await allowedIn(directory);
      expect([where, effects.written.filter((name) => !allowed.written.has(name))]).toEqual([where, []]);
      expect([where, effects.stored.filter((name) => !allowed.stored.has(name))]).toEqual([where, []]);
      expect(effects.queued.length).toBeLessThanOrEqual(allowed.notified);
      expect([where, allowed.requests.length]).toEqual([where, new Set(allowed.requests).size]);
      expect(await verifyChain(readLog(fs, logsIn(directory).journal))).toMatchObject({
        ok: true,
        notes: [],
      });
    }
  },
);

test('a disk that stays full: every request is refused, nothing is done, and all of it works once there is space', async () => {
  const directory = makeTemporaryDirectory();
  let full = false;
  const disk = createFaultyDisk((_, operation) =>
    full && /^(write|make|mkdir)/.test(operation)
      ? { done: 'half', error: failure('ENOSPC') }
      : { done: 'all', error: null },
  );
  const { ask, audit, close } = await openBroker(disk, directory, 'run');
  expect((await askAll(directory, ask, 'before')).refused).toEqual([]);
  const before = effectsIn(directory);
  full = true;
  for (let round = 0; round < 20; round += 1) {
    expect((await askAll(directory, ask, `full${round}`)).done).toEqual([]);
  }
  expect([effectsIn(directory), audit.trouble]).toEqual([before, 'ENOSPC']);
  full = false;
  expect((await askAll(directory, ask, 'after')).refused).toEqual([]);
  close();
  expect(await verifyChain(readLog(fs, logsIn(directory).journal))).toMatchObject({ ok: true, notes: [] });
});
