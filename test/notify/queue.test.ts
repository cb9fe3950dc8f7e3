import { readFileSync, statSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import type { NotificationQueue } from '../../core/notify/queue.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { notice, openQueue, titlesOf } from './support/open-queue.ts';

let path: string;

beforeEach(() => {
  path = `${makeTemporaryDirectory()}/notifications.jsonl`;
});

test('a notification that was accepted is on disk at that moment', async () => {
  const { queue } = await openQueue(path);
  const id = await queue.add('creds', { title: 'Expired', body: 'Run: aws sso login', level: 'warning' });
  const text = readFileSync(path, 'utf8');
  expect(JSON.parse((text.split('\n')[1] ?? '').slice(17))).toEqual({
    op: 'add',
    notification: {
      id,
      time: '2030-01-01T00:00:00.000Z',
      source: 'creds',
      title: 'Expired',
      body: 'Run: aws sso login',
      level: 'warning',
      count: 1,
    },
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('notifications are handed out as they came, also after a restart', async () => {
  const { queue } = await openQueue(path);
  for (const title of ['a', 'b', 'c']) await queue.add('creds', notice(title));
  await Promise.all(['d', 'e', 'f'].map((title) => queue.add('other', notice(title))));
  expect(titlesOf(queue)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(titlesOf((await openQueue(path)).queue)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('text of every kind comes back as it was', async () => {
  const body = 'a\nb\t"\\ \u2028 \u0000 日本 \u{1f600} \ud800';
  await (await openQueue(path)).queue.add('creds', { title: ' ', body, level: 'error' });
  const [found] = (await openQueue(path)).queue.free();
  expect(found).toMatchObject({ title: ' ', body, level: 'error' });
});

describe('a lease', () => {
  test('of nothing is none', async () => {
    const { queue } = await openQueue(path);
    expect(await queue.lease()).toEqual({ lease: null, notifications: [] });
  });

  test('holds what no other one holds, so that two drains at once share nothing', async () => {
    const { queue } = await openQueue(path);
    await queue.add('creds', notice('a'));
    const first = await queue.lease();
    await queue.add('creds', notice('b'));
    const second = await queue.lease();
    expect(first.notifications.map(({ title }) => title)).toEqual(['a']);
    expect(second.notifications.map(({ title }) => title)).toEqual(['b']);
    expect(first.lease).not.toBe(second.lease);
    expect((await queue.lease()).lease).toBeNull();
  });

  test('cannot be guessed', async () => {
    const { queue } = await openQueue(path);
    await queue.add('creds', notice('a'));
    expect((await queue.lease()).lease).toMatch(/^[0-9a-f]{32}$/);
  });

  test('that is acknowledged takes its notifications out for good, and no others', async () => {
    const { queue } = await openQueue(path);
    await queue.add('creds', notice('a'));
    await queue.add('creds', notice('b'));
    const { lease } = await queue.lease();
    await queue.add('creds', notice('c'));
    expect(await queue.acknowledge(lease ?? '')).toBe(2);
    expect(titlesOf(queue)).toEqual(['c']);
    expect(titlesOf((await openQueue(path)).queue)).toEqual(['c']);
  });

  test('can be acknowledged again by whoever has not heard it, which takes nothing more', async () => {
    const { queue } = await openQueue(path);
    await queue.add('creds', notice('a'));
    const lease = (await queue.lease()).lease ?? '';
    await queue.add('creds', notice('b'));
    for (const again of [queue, queue, (await openQueue(path)).queue, (await openQueue(path)).queue]) {
      expect(await again.acknowledge(lease)).toBe(1);
      expect(titlesOf(again)).toEqual(['b']);
    }
    await expect(queue.acknowledge('nosuch')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is remembered so for the last 16', async () => {
    const { queue } = await openQueue(path);
    const leases: string[] = [];
    for (let n = 0; n < 17; n += 1) {
      await queue.add('creds', notice(`${n}`));
      leases.push((await queue.lease()).lease ?? '');
      await queue.acknowledge(leases[n] ?? '');
    }
    const known = (of: NotificationQueue) =>
      Promise.all(
        leases.map((lease) =>
          of.acknowledge(lease).then(
            () => true,
            () => false,
          ),
        ),
      );
    const expected = leases.map((_, n) => n > 0);
    expect(await known(queue)).toEqual(expected);
    expect(await known((await openQueue(path)).queue)).toEqual(expected);
  });

  test('ends after 30 seconds, and what it held is there again', async () => {
    const { queue, clock } = await openQueue(path);
    await queue.add('creds', notice('a'));
    const lease = (await queue.lease()).lease ?? '';
    clock.advance(29_999);
    expect(titlesOf(queue)).toEqual([]);
    clock.advance(1);
    expect(titlesOf(queue)).toEqual(['a']);
    await expect(queue.acknowledge(lease)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('in the queue again'),
    });
  });

  test('that is being acknowledged does not end meanwhile', async () => {
    const { queue, clock } = await openQueue(path);
    await queue.add('creds', notice('a'));
    const acknowledged = queue.acknowledge((await queue.lease()).lease ?? '');
    clock.advance(30_000);
    expect(titlesOf(queue)).toEqual([]);
    expect(await acknowledged).toBe(1);
    expect(titlesOf(queue)).toEqual([]);
  });

  test('outlives the daemon: whoever has it commits to the next run, once and for good', async () => {
    const { queue } = await openQueue(path);
    await queue.add('creds', notice('a'));
    const lease = (await queue.lease()).lease ?? '';
    await queue.add('creds', notice('b'));
    const second = await openQueue(path);
    expect(titlesOf(second.queue)).toEqual(['b']);
    // Written anew at each start, and still there.
    const third = await openQueue(path);
    expect(await third.queue.acknowledge(lease)).toBe(1);
    expect((await openQueue(path)).queue.list().map(({ title }) => title)).toEqual(['b']);
  });

  test('that nobody acknowledges to the next run ends 10 seconds after its start, with the same id', async () => {
    const { queue } = await openQueue(path);
    const id = await queue.add('creds', notice('a'));
    const lease = (await queue.lease()).lease ?? '';
    const next = await openQueue(path);
    next.clock.advance(9_999);
    expect(next.queue.free()).toEqual([]);
    next.clock.advance(1);
    expect(next.queue.free().map((found) => found.id)).toEqual([id]);
    await expect(next.queue.acknowledge(lease)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that ran out is not taken up by the next run', async () => {
    const { queue, clock } = await openQueue(path);
    await queue.add('creds', notice('a'));
    await queue.lease();
    clock.advance(30_000);
    // In the journal behind it.
    await queue.add('creds', notice('b'));
    expect(titlesOf((await openQueue(path)).queue)).toEqual(['a', 'b']);
  });

  test('that another one followed is not taken up by the next run, and that one is', async () => {
    const { queue, clock } = await openQueue(path);
    await queue.add('creds', notice('a'));
    const first = (await queue.lease()).lease ?? '';
    clock.advance(30_000);
    const second = (await queue.lease()).lease ?? '';
    const next = await openQueue(path);
    await expect(next.queue.acknowledge(first)).rejects.toMatchObject({ code: 'not_found' });
    expect(await next.queue.acknowledge(second)).toBe(1);
  });

  test('leaves nothing waiting once it has ended', async () => {
    const { queue, clock } = await openQueue(path);
    await queue.add('creds', notice('a'));
    await queue.acknowledge((await queue.lease()).lease ?? '');
    expect(clock.waits()).toEqual([]);
  });
});

describe('the queue takes', () => {
  const quota = expect.objectContaining({ code: 'quota', message: expect.stringContaining('notify drain') });

  test('100 notifications of one source, those under way included, and leaves room for others', async () => {
    const { queue } = await openQueue(path);
    const adds = Array.from({ length: 101 }, (_, index) => queue.add('creds', notice(`${index}`)));
    const results = await Promise.allSettled(adds);
    expect(results.map(({ status }) => status).lastIndexOf('fulfilled')).toBe(99);
    expect(results.at(-1)).toEqual({ status: 'rejected', reason: quota });
    await queue.add('other', notice('x'));
    expect(titlesOf((await openQueue(path)).queue)).toHaveLength(101);
  });

  test('1000 in all', async () => {
    const { queue } = await openQueue(path);
    const sources = Array.from({ length: 1000 }, (_, index) => `spoke${index % 10}`);
    await Promise.all(sources.map((source, index) => queue.add(source, notice(`${index}`))));
    await expect(queue.add('other', notice('x'))).rejects.toEqual(quota);
  });

  test('more when some have been taken, and not when they are only leased', async () => {
    const { queue } = await openQueue(path);
    await Promise.all(Array.from({ length: 100 }, (_, index) => queue.add('creds', notice(`${index}`))));
    const lease = (await queue.lease()).lease ?? '';
    await expect(queue.add('creds', notice('x'))).rejects.toEqual(quota);
    await queue.acknowledge(lease);
    await queue.add('creds', notice('y'));
    expect(titlesOf(queue)).toEqual(['y']);
  });
});
