import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { NotificationQueue, QUEUE_LIMITS } from '../../core/notify/queue.ts';
import type { FilesNow } from '../../core/powers.ts';
import { notice, openQueue } from '../notify/support/open-queue.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { createFaultyDisk, failure } from './support/faulty-disk.ts';

let path: string;

beforeEach(() => {
  path = `${makeTemporaryDirectory()}/notifications.jsonl`;
});

/** What a daemon that is started now would have. */
async function titlesAfterRestart(): Promise<readonly string[]> {
  const { queue, close } = await openQueue(path);
  const titles = queue.list().map(({ title }) => title);
  close();
  return titles;
}

describe('a journal that somebody touches while the daemon runs', () => {
  test.each([
    ['removed', () => fs.rmSync(path)],
    ['renamed', () => fs.renameSync(path, `${path}.old`)],
    ['cut to nothing', () => fs.truncateSync(path)],
    ['cut in a line', () => fs.truncateSync(path, 30)],
    ['appended to', () => fs.appendFileSync(path, 'half a li')],
    ['replaced by another file', () => replace('something else\n')],
  ])('%s: what was accepted before and what comes after is there after a restart', async (_, touch) => {
    const { queue, close } = await openQueue(path);
    await queue.add('creds', notice('before'));
    touch();
    await queue.add('creds', notice('after'));
    await queue.add('creds', notice('later'));
    close();
    expect(await titlesAfterRestart()).toEqual(['before', 'after', 'later']);
    expect(fs.lstatSync(path).isFile()).toBe(true);
  });

  test.each([
    ['a directory', () => fs.mkdirSync(path), 'found something else; move it away'],
    ['a link', () => link(), 'found something else; move it away'],
    ['a FIFO', () => execFileSync('mkfifo', [path]), 'found something else; move it away'],
    ['a file with two names', () => hardLink(), 'copy it, and keep the copy'],
  ])('replaced by %s: nothing is accepted until it is gone, and then again', async (_, put, advice) => {
    const { queue, close } = await openQueue(path);
    await queue.add('creds', notice('before'));
    fs.rmSync(path);
    put();
    await expect(queue.add('creds', notice('refused'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(advice),
    });
    if (fs.existsSync(`${path}.target`)) expect(fs.readFileSync(`${path}.target`, 'utf8')).toBe('precious');
    fs.rmSync(path, { recursive: true });
    await queue.add('creds', notice('after'));
    close();
    expect(await titlesAfterRestart()).toEqual(['before', 'after']);
  });

  test('removed while something is taken: what was taken does not come back', async () => {
    const { queue, close } = await openQueue(path);
    await queue.add('creds', notice('taken'));
    const { lease } = await queue.lease();
    fs.rmSync(path);
    await queue.acknowledge(lease ?? '');
    await queue.add('creds', notice('after'));
    close();
    expect(await titlesAfterRestart()).toEqual(['after']);
  });
});

test('where the new journal is in place and cannot be opened, nothing is accepted into the old one that nobody would find', async () => {
  let noDescriptors = false;
  const openSync: typeof fs.openSync = (...args) => {
    if (noDescriptors) throw failure('EMFILE');
    return fs.openSync(...args);
  };
  const filesNow = { ...fs, openSync } as unknown as FilesNow;
  const { queue } = await NotificationQueue.open(createPowers({ filesNow }), path);
  await queue.add('creds', { ...notice('large'), body: 'x'.repeat(1_100_000) });
  // The next change is the one before which the journal is written anew.
  noDescriptors = true;
  await expect(queue.add('creds', notice('refused'))).rejects.toMatchObject({ code: 'unavailable' });
  expect(await titlesAfterRestart()).toEqual(['large']);
  noDescriptors = false;
  await queue.add('creds', notice('accepted'));
  queue.close();
  expect(await titlesAfterRestart()).toEqual(['large', 'accepted']);
});

test('a journal gets its name on disk before anything is accepted into it', async () => {
  const disk = createFaultyDisk(() => ({ done: 'all', error: null }));
  const { queue } = await NotificationQueue.open(createPowers(disk), path, QUEUE_LIMITS);
  await queue.add('creds', { ...notice('large'), body: 'x'.repeat(1_100_000) });
  await queue.add('creds', notice('in the new one'));
  queue.close();
  const directory = `sync ${path.split('/').at(-2)}`;
  const interesting = ['rename notifications.jsonl', directory, 'write notifications.jsonl'];
  const order = disk.operations.filter((operation) => interesting.includes(operation));
  expect(order).toEqual([...interesting, ...interesting]);
});

test('new versions that a crash left unfinished are removed, and other files are not', async () => {
  const others = [
    'notifications.jsonl.old',
    'notifications.jsonl.damaged-1',
    'notifications.jsonl.1x',
    'other.1',
  ];
  for (const name of [...others.map((other) => `${path}/../${other}`), `${path}.1`, `${path}.4294967295`])
    fs.writeFileSync(name.replace('notifications.jsonl/../', ''), 'x');
  (await openQueue(path)).close();
  expect(fs.readdirSync(path.slice(0, path.lastIndexOf('/'))).sort()).toEqual(
    [...others, 'notifications.jsonl'].sort(),
  );
});

function replace(text: string): void {
  fs.writeFileSync(`${path}.new`, text);
  fs.renameSync(`${path}.new`, path);
}

function link(): void {
  fs.writeFileSync(`${path}.target`, 'precious');
  fs.symlinkSync('notifications.jsonl.target', path);
}

function hardLink(): void {
  fs.writeFileSync(`${path}.target`, 'precious');
  fs.linkSync(`${path}.target`, path);
}
