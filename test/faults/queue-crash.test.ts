import { expect, test } from 'vitest';
import { NotificationQueue, QUEUE_LIMITS } from '../../core/notify/queue.ts';
import { notice } from '../notify/support/open-queue.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { CUTS, createDyingDisk, type FaultyDisk } from './support/faulty-disk.ts';

const LIMITS = { ...QUEUE_LIMITS, burst: 100_000 };
/** Large enough that the journal is written anew once during the run. */
const BODY = 'x'.repeat(300_000);

/** What was told to those who called, and so must hold whatever happens then. */
interface Told {
  readonly accepted: string[];
  readonly refused: string[];
  readonly committed: string[];
  /** What a drainer was handed that has not heard the end of it, by its lease. */
  readonly open: Map<string, readonly string[]>;
}

/** A life of the queue: what is told after the disk has died is told to nobody. */
async function live(disk: FaultyDisk, path: string, told: Told, isDead: () => boolean): Promise<void> {
  const { queue } = await NotificationQueue.open(createPowers(disk), path, LIMITS);
  const add = async (title: string, body = '') => {
    const outcome = await queue.add('creds', { ...notice(title), body }).then(
      () => told.accepted,
      () => told.refused,
    );
    if (!isDead()) outcome.push(title);
  };
  const drain = async () => {
    const { lease, notifications } = await queue.lease().catch(() => NOTHING);
    if (lease === null || isDead()) return;
    const titles = notifications.map(({ title }) => title);
    told.open.set(lease, titles);
    const settled = await queue.acknowledge(lease).then(
      () => true,
      () => false,
    );
    if (isDead()) return;
    told.open.delete(lease);
    if (settled) told.committed.push(...titles);
  };
  try {
    await add('first');
    await Promise.all([add('second'), add('third'), drain()]);
    await drain();
    for (const title of ['large 1', 'large 2', 'large 3', 'large 4']) await add(title, BODY);
    await Promise.all([drain(), add('beside')]);
    // The journal is long enough by now to be written anew before this.
    await Promise.all([add('after'), add('again'), add('again')]);
    await drain();
    await add('last');
  } finally {
    queue.close();
  }
}

const newTold = (): Told => ({ accepted: [], refused: [], committed: [], open: new Map() });

const NOTHING = { lease: null, notifications: [] };

test('a run without a crash goes past every kind of operation', async () => {
  const path = `${makeTemporaryDirectory()}/notifications.jsonl`;
  const disk = createDyingDisk(Number.POSITIVE_INFINITY, 'all');
  const told = newTold();
  await live(disk, path, told, disk.isDead);
  expect(new Set(disk.operations.map((operation) => operation.split(' ')[0]))).toEqual(
    new Set(['make', 'write', 'sync', 'rename']),
  );
  expect(disk.operations.filter((operation) => operation === 'rename notifications.jsonl')).toHaveLength(2);
  expect([told.refused, told.committed.length]).toEqual([[], 10]);
});

test.each(CUTS)(
  'wherever the daemon dies (%s of the operation done), what was accepted comes exactly once, and what was taken never again',
  async (done) => {
    for (let n = 1; ; n += 1) {
      const directory = makeTemporaryDirectory();
      const path = `${directory}/notifications.jsonl`;
      const disk = createDyingDisk(n, done);
      const told = newTold();
      await live(disk, path, told, disk.isDead).catch((error: unknown) => {
        if (!disk.isDead()) throw error;
      });
      if (!disk.isDead()) {
        expect(n).toBeGreaterThan(30);
        return;
      }
      const where = `operation ${n}: ${disk.operations[n - 1]}`;
      const { queue } = await NotificationQueue.open(createPowers(), path, LIMITS);
      // Whoever has a lease and is alive commits what it holds to the next run.
      for (const [lease, held] of told.open) {
        expect([where, await queue.acknowledge(lease)]).toEqual([where, held.length]);
      }
      const titles = queue.list().map(({ title }) => title);
      queue.close();
      const committed = new Set([...told.committed, ...[...told.open.values()].flat()]);
      const owed = told.accepted.filter((title) => !committed.has(title));
      expect([where, [...new Set(owed)].filter((title) => !titles.includes(title))]).toEqual([where, []]);
      expect([where, titles.filter((title) => committed.has(title))]).toEqual([where, []]);
      expect([where, titles.filter((title) => told.refused.includes(title))]).toEqual([where, []]);
      expect([where, titles.length]).toEqual([where, new Set(titles).size]);
    }
  },
);
