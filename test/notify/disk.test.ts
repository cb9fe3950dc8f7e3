import * as fs from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRecordingFiles } from '../support/recording-files.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { notice, openQueue, titlesOf } from './support/open-queue.ts';
import { slowDisk } from './support/slow-disk.ts';

let path: string;

beforeEach(() => {
  path = `${makeTemporaryDirectory()}/notifications.jsonl`;
});

const settled = async (promise: Promise<unknown>) => {
  const nothing = Symbol('not settled');
  const result = await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, nothing))]);
  return result !== nothing;
};

test('a notification is not accepted before it is fsynced, and nobody gets it before', async () => {
  const disk = slowDisk();
  const { queue } = await openQueue(path, disk.files);
  const waiting = disk.hold();
  const added = queue.add('creds', notice('a'));
  await waiting;
  expect(fs.readFileSync(path, 'utf8')).toContain('"title":"a"');
  expect([await settled(added), titlesOf(queue)]).toEqual([false, []]);
  disk.release();
  await added;
  expect(titlesOf(queue)).toEqual(['a']);
});

test('a notification is out of the queue when that is fsynced', async () => {
  const disk = slowDisk();
  const { queue } = await openQueue(path, disk.files);
  await queue.add('creds', notice('a'));
  const { lease } = await queue.lease();
  const waiting = disk.hold();
  const acknowledged = queue.acknowledge(lease ?? '');
  await waiting;
  expect(await settled(acknowledged)).toBe(false);
  disk.release();
  expect(await acknowledged).toBe(1);
});

test('a lease that has ended before it was fsynced is handed to nobody, and what it held to one alone', async () => {
  const disk = slowDisk();
  const { queue, clock } = await openQueue(path, disk.files);
  await queue.add('creds', notice('a'));
  const waiting = disk.hold();
  const late = queue.lease();
  await waiting;
  clock.advance(30_000);
  const next = queue.lease();
  disk.release();
  await expect(late).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('in the queue again'),
  });
  expect((await next).notifications).toMatchObject([{ title: 'a' }]);
});

describe('one fsync', () => {
  test('is shared by all that come in one tick', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    await Promise.all(Array.from({ length: 50 }, (_, index) => queue.add('creds', notice(`${index}`))));
    expect(disk.syncs()).toBe(1);
  });

  test('is shared by all that come while another is under way', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    const waiting = disk.hold();
    const adds = [queue.add('creds', notice('first'))];
    await waiting;
    for (let index = 0; index < 20; index += 1) {
      adds.push(queue.add('creds', notice(`${index}`)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(disk.syncs()).toBe(1);
    disk.release();
    await Promise.all(adds);
    expect(disk.syncs()).toBe(2);
    expect(titlesOf(queue)).toEqual(['first', ...Array.from({ length: 20 }, (_, index) => `${index}`)]);
  });
});

describe('on a full disk', () => {
  test('a notification is refused, and appears neither now nor after a restart', async () => {
    const { files, failAtWrite } = createRecordingFiles();
    const { queue } = await openQueue(path, files);
    await queue.add('creds', notice('before'));
    failAtWrite(1);
    await expect(queue.add('creds', notice('refused'))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the notification could not be stored (ENOSPC)',
    });
    await queue.add('creds', notice('after'));
    expect(titlesOf(queue)).toEqual(['before', 'after']);
    const next = await openQueue(path);
    expect([titlesOf(next.queue), next.warning]).toEqual([['before', 'after'], null]);
  });

  test('all that came in one tick are refused together', async () => {
    const { files, failAtWrite } = createRecordingFiles();
    const { queue } = await openQueue(path, files);
    failAtWrite(1);
    const results = await Promise.allSettled(['a', 'b'].map((title) => queue.add('creds', notice(title))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(titlesOf((await openQueue(path)).queue)).toEqual([]);
  });

  test('what is refused takes no place in the queue', async () => {
    const { files, failAtWrite } = createRecordingFiles();
    const { queue } = await openQueue(path, files);
    await Promise.all(Array.from({ length: 99 }, () => queue.add('creds', notice('x'))));
    failAtWrite(1);
    await expect(queue.add('creds', notice('refused'))).rejects.toMatchObject({ code: 'unavailable' });
    await queue.add('creds', notice('fits'));
  });

  test('what cannot be acknowledged stays in the queue, now and after a restart', async () => {
    const { files, failAtWrite } = createRecordingFiles();
    const { queue } = await openQueue(path, files);
    await queue.add('creds', notice('a'));
    const { lease } = await queue.lease();
    failAtWrite(1);
    await expect(queue.acknowledge(lease ?? '')).rejects.toThrow();
    expect(titlesOf(queue)).toEqual(['a']);
    expect((await openQueue(path)).queue.list()).toMatchObject([{ title: 'a' }]);
  });

  test('nobody is handed what it cannot be stored who has it, and it stays in the queue', async () => {
    const { files, failAtWrite } = createRecordingFiles();
    const { queue } = await openQueue(path, files);
    await queue.add('creds', notice('a'));
    failAtWrite(1);
    await expect(queue.lease()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining("(ENOSPC); they stay in the queue, and 'axium notify drain --peek'"),
    });
    expect(titlesOf(queue)).toEqual(['a']);
    expect(titlesOf((await openQueue(path)).queue)).toEqual(['a']);
  });

  test('who cannot acknowledge is told what is wrong, and not of a defect', async () => {
    const { files, failAtWrite } = createRecordingFiles();
    const { queue } = await openQueue(path, files);
    await queue.add('creds', notice('a'));
    const { lease } = await queue.lease();
    failAtWrite(1);
    await expect(queue.acknowledge(lease ?? '')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ENOSPC'),
    });
  });
});

describe('where an fsync fails', () => {
  test('a notification is refused, and appears neither now nor after a restart', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    await queue.add('creds', notice('before'));
    disk.fail('EIO');
    await expect(queue.add('creds', notice('refused'))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the notification could not be stored (EIO)',
    });
    disk.fail(null);
    await queue.add('creds', notice('after'));
    expect(titlesOf(queue)).toEqual(['before', 'after']);
    expect(titlesOf((await openQueue(path)).queue)).toEqual(['before', 'after']);
  });

  test('what could not be acknowledged stays in the queue, now and after a restart', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    await queue.add('creds', notice('a'));
    const { lease } = await queue.lease();
    disk.fail('EIO');
    await expect(queue.acknowledge(lease ?? '')).rejects.toThrow();
    expect(titlesOf(queue)).toEqual(['a']);
    expect((await openQueue(path)).queue.list()).toMatchObject([{ title: 'a' }]);
  });

  test('and even taking it back fails, it is refused all the same, and the queue goes on', async () => {
    const disk = slowDisk();
    let broken = false;
    const ftruncateSync = (fd: number, length: number) => {
      if (broken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      fs.ftruncateSync(fd, length);
    };
    const { queue } = await openQueue(path, { ...disk.files, ftruncateSync } as typeof disk.files);
    broken = true;
    disk.fail('EIO');
    await expect(queue.add('creds', notice('refused'))).rejects.toMatchObject({ code: 'unavailable' });
    broken = false;
    disk.fail(null);
    await queue.add('creds', notice('after'));
    expect(titlesOf(queue)).toEqual(['after']);
  });

  test('what came meanwhile is stored all the same', async () => {
    const disk = slowDisk();
    const { queue } = await openQueue(path, disk.files);
    const waiting = disk.hold();
    disk.fail('EIO');
    const first = queue.add('creds', notice('refused'));
    await waiting;
    const second = queue.add('creds', notice('stored'));
    disk.release();
    await expect(first).rejects.toMatchObject({ code: 'unavailable' });
    disk.fail(null);
    await second;
    expect(titlesOf(queue)).toEqual(['stored']);
  });
});
