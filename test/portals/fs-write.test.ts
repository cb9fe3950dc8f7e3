import * as fs from 'node:fs/promises';
import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { fsWritePortal } from '../../core/portals/fs-write.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { openBelow } from './support/open-handles.ts';
import { pathPowers, prepare, run } from './support/run-portal.ts';

let home: string;

beforeEach(() => {
  home = makeTemporaryDirectory();
});

const portal = () => fsWritePortal(pathPowers(home));
const write = (path: string, data: string, more: Readonly<Record<string, unknown>> = {}) =>
  run(portal(), 'fs_write', { path, data, ...more });
const text = (name: string) => readFile(`${home}/${name}`, 'utf8');
const modeOf = async (name: string) => (await stat(`${home}/${name}`)).mode & 0o7777;

describe('replacing a file', () => {
  test('makes a new one that only its owner can read', async () => {
    expect(await write('~/new', 'héllo')).toEqual({ bytes: 6 });
    expect(await text('new')).toBe('héllo');
    expect(await modeOf('new')).toBe(0o600);
  });

  test('keeps the mode of the old one', async () => {
    await writeFile(`${home}/old`, 'a longer text');
    await chmod(`${home}/old`, 0o664);
    await write('~/old', 'new');
    expect(await text('old')).toBe('new');
    expect(await modeOf('old')).toBe(0o664);
  });

  test('leaves whoever has the old one open with the old one, whole', async () => {
    await writeFile(`${home}/old`, 'old');
    const reader = await fs.open(`${home}/old`);
    await write('~/old', 'new');
    expect(await reader.readFile('utf8')).toBe('old');
    await reader.close();
  });

  test('that fails leaves nothing behind', async () => {
    const path = `~/${'x'.repeat(256)}`;
    await expect(write(path, 'data')).rejects.toMatchObject({
      code: 'failed',
      message: 'the file could not be written (ENAMETOOLONG)',
    });
    expect(await readdir(home)).toEqual([]);
  });

  test('that fails half way leaves the old one as it was, and no temporary file', async () => {
    await writeFile(`${home}/old`, 'old');
    const files = {
      ...fs,
      open: async (...args: Parameters<typeof fs.open>) => {
        const handle = await fs.open(...args);
        handle.sync = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
        return handle;
      },
    } as typeof fs;
    const full = fsWritePortal(pathPowers(home, { files }));
    await expect(run(full, 'fs_write', { path: '~/old', data: 'new' })).rejects.toMatchObject({
      code: 'failed',
      message: 'the file could not be written (ENOSPC)',
    });
    expect(await readdir(home)).toEqual(['old']);
    expect(await text('old')).toBe('old');
    expect(openBelow(home)).toEqual([]);
  });
});

describe('appending', () => {
  test('adds to the end of a file and keeps its mode', async () => {
    await writeFile(`${home}/log`, 'one\n');
    await chmod(`${home}/log`, 0o640);
    expect(await write('~/log', 'two\n', { append: true })).toEqual({ bytes: 4 });
    expect(await text('log')).toBe('one\ntwo\n');
    expect(await modeOf('log')).toBe(0o640);
  });

  test('to a file that is not there makes one that only its owner can read', async () => {
    await write('~/log', 'one\n', { append: true });
    expect(await text('log')).toBe('one\n');
    expect(await modeOf('log')).toBe(0o600);
  });

  test('stays in the same file, so that whoever follows it goes on', async () => {
    await writeFile(`${home}/log`, 'one\n');
    const { ino } = await stat(`${home}/log`);
    await write('~/log', 'two\n', { append: true });
    expect((await stat(`${home}/log`)).ino).toBe(ino);
  });
});

test("a file of another user in the daemon's own directory is not appended to", async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can give a file away');
  await writeFile(`${home}/theirs`, 'theirs');
  await fs.chown(`${home}/theirs`, 65_534, 65_534);
  await expect(write('~/theirs', 'data', { append: true })).rejects.toMatchObject({
    code: 'failed',
    message: 'the file belongs to another user',
  });
  expect(await text('theirs')).toBe('theirs');
});

test('a directory that is missing behind a link is made where the link leads, and decided on as that', async () => {
  await symlink('other/deep', `${home}/link`);
  const prepared = await prepare(portal(), 'fs_write', { path: '~/link/file', data: 'new' });
  expect(prepared.target).toMatchObject({ real: `${home}/other/deep/file`, found: 'missing' });
  await prepared.perform();
  await prepared.release();
  expect(await text('other/deep/file')).toBe('new');
  expect(openBelow(home)).toEqual([]);
});
