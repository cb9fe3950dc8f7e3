import { readFileSync, statSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { readJournal } from '../../core/notify/changes.ts';
import { NotificationQueue, QUEUE_LIMITS } from '../../core/notify/queue.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { openQueue, titlesOf } from './support/open-queue.ts';

const BODY = 'x'.repeat(4000);
const MIB = 1_048_576;

let path: string;

beforeEach(() => {
  path = `${makeTemporaryDirectory()}/notifications.jsonl`;
});

/** Adds and takes so many, a hundred at a time, and leaves the last one queued. */
async function turnOver(queue: NotificationQueue, count: number): Promise<void> {
  for (let done = 0; done < count; done += 100) {
    const adds = Array.from({ length: 100 }, (_, index) =>
      queue.add('creds', { title: `${done + index}`, body: BODY, level: 'info' }),
    );
    await Promise.all(adds);
    await queue.acknowledge((await queue.lease()).lease ?? '');
  }
  await queue.add('creds', { title: 'last', body: '', level: 'info' });
}

test('a journal of what is done with is written anew, and holds what is queued', async () => {
  const { queue } = await openQueue(path);
  await turnOver(queue, 1000);
  expect(statSync(path).size).toBeLessThan(2 * MIB);
  expect(readJournal(readFileSync(path, 'utf8')).damaged).toBe(0);
  expect(titlesOf((await openQueue(path)).queue)).toEqual(['last']);
});

test('what is added while it is written anew is in it once', async () => {
  const { queue } = await openQueue(path);
  await turnOver(queue, 300);
  await Promise.all(['a', 'b', 'c'].map((title) => queue.add('creds', { title, body: '', level: 'info' })));
  const { changes } = readJournal(readFileSync(path, 'utf8'));
  const titles = changes.flatMap((change) => (change.op === 'add' ? [change.notification.title] : []));
  expect(titles.filter((title) => 'abc'.includes(title))).toEqual(['a', 'b', 'c']);
});

test('one that cannot be written anew goes on as it is', async () => {
  const powers = createPowers({
    replaceFile: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
  });
  await openQueue(path).then(({ close }) => close());
  const { queue } = await NotificationQueue.open(powers, path, { ...QUEUE_LIMITS, burst: 100_000 });
  await turnOver(queue, 500);
  queue.close();
  expect(statSync(path).size).toBeGreaterThan(MIB);
  expect(titlesOf((await openQueue(path)).queue)).toEqual(['last']);
});
