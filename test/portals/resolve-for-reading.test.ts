import { execFileSync } from 'node:child_process';
import * as filesNow from 'node:fs';
import * as fs from 'node:fs/promises';
import { appendFile, link, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadOpenCached } from '../../core/open-cached.ts';
import { fsReadPortal } from '../../core/portals/fs-read.ts';
import { LocalFiles } from '../../core/portals/local-files.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { openBelow } from './support/open-handles.ts';
import { runFixture } from './support/run-fixture.ts';
import { localFiles, pathPowers, prepare, run } from './support/run-portal.ts';

let home: string;

beforeEach(async () => {
  home = makeTemporaryDirectory();
  await writeFile(`${home}/file`, 'abcdef');
});

const NONE_LOCAL = { numbers: new Set<number>(), isRootLocal: false };

/** What is asked of a thread, and what the kernel tells at once, must come to the same. */
const WAYS = [
  ['asked of threads', {}],
  ['asked at once where it is local', { local: localFiles() }],
  ['opened at once where it is in memory', { local: localFiles({}, await loadOpenCached()) }],
  [
    'on a mount that is not local',
    { local: new LocalFiles({ files: fs, filesNow, mounts: () => NONE_LOCAL }) },
  ],
] as const;

describe.each(WAYS)('what is decided on, %s,', (_way, powers) => {
  const portal = () => fsReadPortal(pathPowers(home, powers));
  const read = (fields: Readonly<Record<string, unknown>>) => run(portal(), 'fs_read', fields);

  const target = async (path: string) => {
    const prepared = await prepare(portal(), 'fs_read', { path });
    await prepared.release();
    return prepared.target;
  };

  test('is the file that a chain of links leads to', async () => {
    await mkdir(`${home}/real`);
    await writeFile(`${home}/real/secret`, '');
    await symlink('real', `${home}/directory`);
    await symlink('directory/secret', `${home}/link`);
    expect(await target('~/link')).toEqual({
      kind: 'path',
      asked: `${home}/link`,
      real: `${home}/real/secret`,
      found: 'file',
      kernelFs: null,
    });
  });

  test.each([
    ['~/none', '/none'],
    ['~/none/of/it', '/none/of/it'],
    ['~/directory/none', '/real/none'],
    ['~/file/none', '/file/none'],
    [`~/${'x'.repeat(300)}/none`, `/${'x'.repeat(300)}/none`],
    ['~/loop', '/loop'],
    ['~/loop/none', '/loop/none'],
  ])('for %s, which is not there, is where it would be', async (path, real) => {
    await mkdir(`${home}/real`);
    await symlink('real', `${home}/directory`);
    await symlink('loop', `${home}/loop`);
    expect(await target(path)).toMatchObject({ real: `${home}${real}`, found: 'missing', kernelFs: null });
    await expect(read({ path })).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each([
    ['outside/secret', 'outside/secret'],
    ['outside/none/of/it', 'outside/none/of/it'],
    ['second', 'outside/secret'],
  ])('for a link to %s, which is not there, is where the link leads', async (to, real) => {
    await mkdir(`${home}/outside`);
    await mkdir(`${home}/grant`);
    await symlink('../outside/secret', `${home}/grant/second`);
    await symlink(to.startsWith('outside') ? `${home}/${to}` : to, `${home}/grant/link`);
    expect(await target('~/grant/link')).toMatchObject({ real: `${home}/${real}`, found: 'missing' });
  });

  test('is a directory where it is one', async () => {
    expect(await target('~')).toMatchObject({ real: home, found: 'directory' });
    expect(await target('/')).toMatchObject({ real: '/', found: 'directory' });
  });

  test('is found without waiting for the other end of a FIFO', async () => {
    execFileSync('mkfifo', [`${home}/fifo`]);
    expect(await target('~/fifo')).toMatchObject({ real: `${home}/fifo`, found: 'special' });
  });

  test('is special for a device, also through a link', async () => {
    await symlink('/dev/null', `${home}/null`);
    expect(await target('/dev/null')).toMatchObject({ real: '/dev/null', found: 'special' });
    expect(await target('~/null')).toMatchObject({ real: '/dev/null', found: 'special' });
  });

  test.each([
    ['/proc/self/environ', 'procfs'],
    ['/proc/1/none', 'procfs'],
    ['/proc', 'procfs'],
    ['/sys/kernel', 'sysfs'],
    ['/dev/fd/99999', 'devfs'],
    ['/dev/pts/0', 'devfs'],
  ])('for %s is a file of the kernel', async (path, kernelFs) => {
    expect(await target(path)).toMatchObject({ kernelFs });
  });

  test('for /dev/stdin is a file of the kernel, even where that is a pipe', async () => {
    const [line = '{}'] = (await runFixture('read-as.mjs', [home, '/dev/stdin'])) ?? [];
    expect(JSON.parse(line)).toMatchObject({ found: 'special', kernelFs: 'devfs' });
  });

  test('for a link into /proc is a file of the kernel, since the file itself tells', async () => {
    await symlink('/proc/self/environ', `${home}/environ`);
    await symlink('/proc/self', `${home}/self`);
    expect(await target('~/environ')).toMatchObject({ found: 'file', kernelFs: 'procfs' });
    expect(await target('~/self/environ')).toMatchObject({ found: 'file', kernelFs: 'procfs' });
    expect(await target('~/self/none')).toMatchObject({ found: 'missing', kernelFs: 'procfs' });
  });

  test('is a plain file where its name only looks as if it had been removed', async () => {
    await writeFile(`${home}/x (deleted)`, 'still here');
    expect(await target('~/x (deleted)')).toMatchObject({ real: `${home}/x (deleted)`, found: 'file' });
    expect(await read({ path: '~/x (deleted)' })).toMatchObject({ data: 'still here' });
  });
});

describe.each(WAYS)('a file that changes meanwhile, %s,', (_way, powers) => {
  const portal = () => fsReadPortal(pathPowers(home, powers));

  test('is read as it was opened, when its name is given to a link before it is read', async () => {
    await writeFile(`${home}/secret`, 'secret');
    const prepared = await prepare(portal(), 'fs_read', { path: '~/file' });
    await rename(`${home}/file`, `${home}/moved`);
    await symlink('secret', `${home}/file`);
    expect(await prepared.perform()).toMatchObject({ data: 'abcdef' });
    await prepared.release();
  });

  test('is read as it was opened, when it is removed before it is read', async () => {
    const prepared = await prepare(portal(), 'fs_read', { path: '~/file' });
    await rm(`${home}/file`);
    expect(await prepared.perform()).toMatchObject({ data: 'abcdef' });
    await prepared.release();
  });

  test.each([
    ['removed', () => rm(`${home}/file`)],
    [
      'removed and has another name',
      async () => {
        await link(`${home}/file`, `${home}/another`);
        await rm(`${home}/file`);
      },
    ],
    [
      'removed and has another name, while another file takes the one that the kernel then tells',
      async () => {
        await link(`${home}/file`, `${home}/another`);
        await rm(`${home}/file`);
        await writeFile(`${home}/file (deleted)`, 'another');
      },
    ],
  ])('has no path to decide on, when it is %s at the moment when it is opened', async (_how, change) => {
    let changed = false;
    const files = {
      ...fs,
      open: async (...args: Parameters<typeof fs.open>) => {
        const handle = await fs.open(...args);
        if (!changed) await change();
        changed = true;
        return handle;
      },
    } as typeof fs;
    const open = ((path: string, flags: number, done: (error: Error | null, fd: number) => void) => {
      filesNow.open(path, flags, async (error, fd) => {
        if (!changed) await change();
        changed = true;
        done(error, fd);
      });
    }) as unknown as typeof filesNow.open;
    const local = 'local' in powers ? { local: localFiles({ open }) } : {};
    const racing = fsReadPortal(pathPowers(home, { files, ...local }));
    await expect(prepare(racing, 'fs_read', { path: '~/file' })).rejects.toMatchObject({ code: 'denied' });
    expect(openBelow(home)).toEqual([]);
  });

  test('is read to its end, when it grows or shrinks after it was opened', async () => {
    const prepared = await prepare(portal(), 'fs_read', { path: '~/file' });
    await appendFile(`${home}/file`, 'gh');
    expect(await prepared.perform()).toMatchObject({ data: 'abcdefgh', size: 8, eof: true });
    await truncate(`${home}/file`, 1);
    expect(await prepared.perform()).toMatchObject({ data: 'a', size: 1, eof: true });
    await prepared.release();
  });
});

test('of a mount that is not local nothing is asked at once: a server that hangs would hold the daemon', async () => {
  const never = () => {
    throw new Error('this could hang');
  };
  // What the kernel tells of a descriptor is no file of that mount.
  const kernels = new Set<number>();
  const openSync = (path: string, flags: number) => {
    if (!path.startsWith('/proc/self/fdinfo/')) return never();
    const fd = filesNow.openSync(path, flags);
    kernels.add(fd);
    return fd;
  };
  const closeSync = (fd: number) => (kernels.delete(fd) ? filesNow.closeSync(fd) : never());
  const hanging = { ...filesNow, fstatSync: never, statfsSync: never, openSync, closeSync } as never;
  const local = new LocalFiles({ files: fs, filesNow: hanging, mounts: () => NONE_LOCAL, openCached: never });
  const powers = pathPowers(home, { local });
  expect(await run(fsReadPortal(powers), 'fs_read', { path: '~/file' })).toMatchObject({ data: 'abcdef' });
});
