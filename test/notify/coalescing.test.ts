import { beforeEach, describe, expect, test } from 'vitest';
import { QUEUE_LIMITS } from '../../core/notify/queue.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { notice, openQueue, titlesOf } from './support/open-queue.ts';
import { slowDisk } from './support/slow-disk.ts';

let path: string;

beforeEach(() => {
  path = `${makeTemporaryDirectory()}/notifications.jsonl`;
});

describe('one that says the same as another that is queued', () => {
  test('is counted there, under its id and with the last time, also after a restart', async () => {
    const { queue, clock } = await openQueue(path);
    const first = await queue.add('creds', notice('a'));
    await queue.add('creds', notice('b'));
    clock.advance(60_000);
    expect(await queue.add('creds', notice('a'))).toBe(first);
    const expected = [
      { id: first, title: 'a', count: 2, time: '2030-01-01T00:01:00.000Z' },
      { title: 'b', count: 1 },
    ];
    expect(queue.list()).toMatchObject(expected);
    expect((await openQueue(path)).queue.list()).toMatchObject(expected);
  });

  test.each([
    ['another source', 'other', notice('a')],
    ['another title', 'creds', notice('A')],
    ['another body', 'creds', { ...notice('a'), body: 'x' }],
    ['another level', 'creds', { ...notice('a'), level: 'error' as const }],
  ])('is one of its own with %s', async (_, source, other) => {
    const { queue } = await openQueue(path);
    await queue.add('creds', notice('a'));
    await queue.add(source, other);
    expect(queue.list().map(({ count }) => count)).toEqual([1, 1]);
  });

  test('is one of its own once somebody has been handed the other: nothing accepted is lost', async () => {
    const { queue } = await openQueue(path);
    const first = await queue.add('creds', notice('a'));
    const { lease } = await queue.lease();
    const second = await queue.add('creds', notice('a'));
    expect(second).not.toBe(first);
    await queue.acknowledge(lease ?? '');
    expect(queue.list()).toMatchObject([{ id: second, count: 1 }]);
  });

  test('is not handed out while it is being counted', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    await queue.add('creds', notice('a'));
    const waiting = disk.hold();
    const again = queue.add('creds', notice('a'));
    await waiting;
    expect((await queue.lease()).lease).toBeNull();
    disk.release();
    await again;
    expect((await queue.lease()).notifications).toMatchObject([{ title: 'a', count: 2 }]);
  });

  test('waits for the other one to be on disk: of many at once one is queued, with all of them counted', async () => {
    const { queue } = await openQueue(path);
    const ids = await Promise.all(Array.from({ length: 20 }, () => queue.add('creds', notice('a'))));
    expect(new Set(ids).size).toBe(1);
    expect((await openQueue(path)).queue.list()).toMatchObject([{ title: 'a', count: 20 }]);
  });

  test('stands for itself where the other one could not be stored', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    const waiting = disk.hold();
    disk.fail('EIO');
    const first = queue.add('creds', notice('a'));
    await waiting;
    const second = queue.add('creds', notice('a'));
    disk.release();
    await expect(first).rejects.toMatchObject({ code: 'unavailable' });
    disk.fail(null);
    await second;
    expect(queue.list()).toMatchObject([{ title: 'a', count: 1 }]);
  });

  test('is refused where it cannot be stored, and is not counted then', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    await queue.add('creds', notice('a'));
    disk.fail('EIO');
    await expect(queue.add('creds', notice('a'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(queue.list()).toMatchObject([{ title: 'a', count: 1 }]);
    expect((await openQueue(path)).queue.list()).toMatchObject([{ title: 'a', count: 1 }]);
  });
});

describe('too many at once', () => {
  test('are refused for that source alone, until time has passed', async () => {
    const { queue, clock } = await openQueue(path, undefined, { ...QUEUE_LIMITS, burst: 3 });
    for (const title of ['a', 'b', 'c']) await queue.add('creds', notice(title));
    await expect(queue.add('creds', notice('d'))).rejects.toMatchObject({
      code: 'busy',
      message: 'notifications come too fast; expected at most 1 a second over time',
    });
    await queue.add('other', notice('x'));
    clock.advance(1000);
    await queue.add('creds', notice('d'));
    expect(titlesOf(queue)).toEqual(['a', 'b', 'c', 'x', 'd']);
  });

  test('of spokes do not keep out what Axium itself has to say', async () => {
    const { queue } = await openQueue(path, undefined, { ...QUEUE_LIMITS, inAll: 2 });
    await queue.add('one', notice('a'));
    await queue.add('two', notice('b'));
    await expect(queue.add('three', notice('c'))).rejects.toMatchObject({ code: 'quota' });
    await queue.add('system', notice('d'));
    expect(titlesOf(queue)).toEqual(['a', 'b', 'd']);
  });
});

describe('who waits for something to come', () => {
  test('is told once it can be leased', async () => {
    const { queue } = await openQueue(path);
    const waiting = queue.wait(20_000);
    await queue.add('creds', notice('a'));
    expect(await waiting).toBe(1);
  });

  test('is told at once where there is something', async () => {
    const { queue, clock } = await openQueue(path);
    await queue.add('creds', notice('a'));
    expect(await queue.wait(20_000)).toBe(1);
    expect(clock.waits()).toEqual([]);
  });

  test('is told when a lease ran out', async () => {
    const { queue, clock } = await openQueue(path);
    await queue.add('creds', notice('a'));
    await queue.lease();
    const waiting = queue.wait(60_000);
    clock.advance(30_000);
    expect(await waiting).toBe(1);
  });

  test('is sent away after the time, and when too many wait', async () => {
    const { queue, clock } = await openQueue(path);
    const first = queue.wait(20_000);
    const others = Array.from({ length: 64 }, () => queue.wait(20_000));
    expect(await first).toBe(0);
    clock.advance(20_000);
    expect(await Promise.all(others)).toEqual(others.map(() => 0));
    expect(clock.waits()).toEqual([]);
  });
});
