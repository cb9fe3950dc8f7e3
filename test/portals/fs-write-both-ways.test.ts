import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import {
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
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
const target = async (path: string) => {
  const prepared = await prepare(portal(), 'fs_write', { path, data: '' });
  await prepared.release();
  return prepared.target;
};

/** Replacing and appending have much in common; what is said of both is tried with both. */
const WAYS = [
  ['replacing', { append: false }],
  ['appending', { append: true }],
] as const;

describe.each(WAYS)('%s', (_way, how) => {
  test('makes missing directories, which only their owner can enter', async () => {
    await write('~/a/b/c', 'data', how);
    expect(await text('a/b/c')).toBe('data');
    expect([await modeOf('a'), await modeOf('a/b'), await modeOf('a/b/c')]).toEqual([0o700, 0o700, 0o600]);
  });

  test('takes base64, and refuses what is none', async () => {
    await write('~/bytes', '//4=', { encoding: 'base64', ...how });
    expect(await readFile(`${home}/bytes`)).toEqual(Buffer.from([255, 254]));
    await write('~/unpadded', '//4', { encoding: 'base64', ...how });
    expect(await readFile(`${home}/unpadded`)).toEqual(Buffer.from([255, 254]));
    for (const data of ['no base64!', '//4=x', '/', '//4=\n', '__4']) {
      await expect(write('~/none', data, { encoding: 'base64', ...how })).rejects.toMatchObject({
        code: 'invalid',
      });
    }
    expect(await readdir(home)).toEqual(['bytes', 'unpadded']);
  });

  test('does not go through a link that takes the name, and does not exchange the link', async () => {
    await mkdir(`${home}/outside`);
    await writeFile(`${home}/outside/file`, 'theirs');
    await symlink('outside/file', `${home}/link`);
    await symlink('outside/none', `${home}/dangling`);
    for (const name of ['link', 'dangling']) {
      expect(await target(`~/${name}`)).toMatchObject({ real: `${home}/${name}`, found: 'special' });
      await expect(write(`~/${name}`, 'mine', how)).rejects.toMatchObject({ code: 'failed' });
      expect((await lstat(`${home}/${name}`)).isSymbolicLink()).toBe(true);
    }
    expect(await text('outside/file')).toBe('theirs');
    expect(await readdir(`${home}/outside`)).toEqual(['file']);
  });

  test('below a linked directory is decided on where that lies', async () => {
    await mkdir(`${home}/outside`);
    await symlink('outside', `${home}/linked`);
    expect(await target('~/linked/file')).toMatchObject({ real: `${home}/outside/file`, found: 'missing' });
    expect(await target('~/linked/a/file')).toMatchObject({ real: `${home}/outside/a/file` });
    await write('~/linked/file', 'data', how);
    expect(await text('outside/file')).toBe('data');
  });

  test('leaves a file with several names alone', async () => {
    await writeFile(`${home}/theirs`, 'theirs');
    await link(`${home}/theirs`, `${home}/mine`);
    await expect(write('~/mine', 'data', how)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('hard links'),
    });
    expect(await text('theirs')).toBe('theirs');
    expect((await stat(`${home}/mine`)).nlink).toBe(2);
  });

  test.each([
    ['4755', 0o4755],
    ['2755', 0o2755],
    ['6711', 0o6711],
  ])('leaves a file with mode %s alone', async (_mode, mode) => {
    await writeFile(`${home}/program`, 'code');
    await chmod(`${home}/program`, mode);
    await expect(write('~/program', 'data', how)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('set-id'),
    });
    expect(await text('program')).toBe('code');
    expect(await modeOf('program')).toBe(mode);
  });

  test('does not wait for a FIFO, whether it was there or came in between', async () => {
    execFileSync('mkfifo', [`${home}/fifo`]);
    expect(await target('~/fifo')).toMatchObject({ found: 'special' });
    await expect(write('~/fifo', 'data', how)).rejects.toMatchObject({ code: 'failed' });
    const prepared = await prepare(portal(), 'fs_write', { path: '~/late', data: 'data', ...how });
    execFileSync('mkfifo', [`${home}/late`]);
    await expect(prepared.perform()).rejects.toMatchObject({ code: 'failed' });
    await prepared.release();
    expect(await readdir(home)).toEqual(['fifo', 'late']);
  });

  test('leaves a directory alone', async () => {
    await mkdir(`${home}/directory`);
    expect(await target('~/directory')).toMatchObject({ found: 'directory' });
    await expect(write('~/directory', 'data', how)).rejects.toMatchObject({ code: 'failed' });
    await expect(write('/', 'data', how)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('goes into the directory that was opened, though its name leads elsewhere by now', async () => {
    await mkdir(`${home}/granted`);
    await mkdir(`${home}/outside`);
    const prepared = await prepare(portal(), 'fs_write', { path: '~/granted/file', data: 'data', ...how });
    await rename(`${home}/granted`, `${home}/moved`);
    await symlink('outside', `${home}/granted`);
    await prepared.perform();
    await prepared.release();
    expect(await text('moved/file')).toBe('data');
    expect(await readdir(`${home}/outside`)).toEqual([]);
  });

  test('does not go through a link that takes the place of a missing directory', async () => {
    await mkdir(`${home}/outside`);
    const prepared = await prepare(portal(), 'fs_write', { path: '~/new/file', data: 'data', ...how });
    await symlink('outside', `${home}/new`);
    await expect(prepared.perform()).rejects.toMatchObject({ code: 'failed' });
    await prepared.release();
    expect(await readdir(`${home}/outside`)).toEqual([]);
    expect(openBelow(home)).toEqual([]);
  });

  test('does not go through a link that takes the name after it was decided', async () => {
    await writeFile(`${home}/theirs`, 'theirs');
    const prepared = await prepare(portal(), 'fs_write', { path: '~/file', data: 'data', ...how });
    await symlink('theirs', `${home}/file`);
    await expect(prepared.perform()).rejects.toMatchObject({ code: 'failed' });
    await prepared.release();
    expect(await text('theirs')).toBe('theirs');
  });

  test.each([
    ['/proc/self/comm', 'procfs'],
    ['/proc/none', 'procfs'],
    ['/sys/kernel/none', 'sysfs'],
    ['/dev/fd/1', 'devfs'],
  ])('to %s is to a file of the kernel', async (path, kernelFs) => {
    expect(await target(path)).toMatchObject({ kernelFs });
  });

  test('leaves a directory alone that another user can exchange', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can give a directory away');
    await mkdir(`${home}/theirs`);
    await fs.chown(`${home}/theirs`, 65_534, 65_534);
    for (const path of ['~/theirs/file', '~/theirs/new/file']) {
      await expect(write(path, 'data', how)).rejects.toMatchObject({
        code: 'failed',
        message: 'the directory belongs to another user',
      });
    }
    expect(await readdir(`${home}/theirs`)).toEqual([]);
  });

  test('leaves no handle open, whatever came of it', async () => {
    await writeFile(`${home}/file`, '');
    await symlink('file', `${home}/link`);
    for (const path of ['~/file', '~/a/b/c', '~/link', '~/file/x', '~', '/', '~/..', '']) {
      await write(path, 'data', how).catch(() => {});
    }
    expect(openBelow(home)).toEqual([]);
  });

  test('leaves no handle open where the second of two missing directories cannot be made', async () => {
    await expect(write(`~/new/${'x'.repeat(256)}/file`, 'data', how)).rejects.toMatchObject({
      code: 'failed',
      message: 'the directory could not be made (ENAMETOOLONG)',
    });
    expect(openBelow(home)).toEqual([]);
  });
});
