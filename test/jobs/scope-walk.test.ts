import { readlinkSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { chmod, link, mkdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { daemonExecPortal } from '../../core/portals/daemon-exec.ts';
import { SCOPE_CAPS } from '../../core/portals/scope-entries.ts';
import type { Powers } from '../../core/powers.ts';
import { openBelow } from '../portals/support/open-handles.ts';
import { prepare } from '../portals/support/run-portal.ts';
import { type ScopedWorld, scopedWorld, scopeOf } from './support/scoped-world.ts';

/** The directories below the home that a command could write in as a whole. */
async function writableWhole(world: ScopedWorld): Promise<readonly string[]> {
  const { binds } = await scopeOf(world);
  return binds
    .filter(({ list, whole }) => whole && list === 'fs_write')
    .map(({ path }) => path.slice(world.home.length))
    .sort();
}

/** The real file access, but for one call that is told of first. */
function filesWith(changed: Partial<Pick<Powers['files'], 'opendir' | 'open'>>): {
  readonly files: Powers['files'];
} {
  return { files: { ...fs, ...changed } as Powers['files'] };
}

const refused = () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));

/** So many directories, each in the one before. */
const nested = (depth: number) => Array.from({ length: depth }, () => 'd').join('/');

describe('a directory is not given to write in as a whole', () => {
  test('where a file in it has another name elsewhere, which a command could change by it', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/outside', 'mine');
    await world.put('home/cache/sub/beside', 'old');
    await mkdir(`${world.home}/cache/other`);
    await link(`${world.home}/outside`, `${world.home}/cache/sub/inside`);
    world.allow('fs_write: ["@/cache/**"]');
    await world.sh('for file in ~/cache/sub/*; do echo changed > $file; done');
    expect(await readFile(`${world.home}/outside`, 'utf8')).toBe('mine');
    expect(await readFile(`${world.home}/cache/sub/beside`, 'utf8')).toBe('changed\n');
    expect(await writableWhole(world)).toEqual(['/cache/other']);
  });

  test('where a file in it has set-id bits', async (context) => {
    const world = await scopedWorld(context);
    await chmod(await world.put('home/cache/tool', 'tool'), 0o4755);
    world.allow('fs_write: ["@/cache/**"]');
    expect(await writableWhole(world)).toEqual([]);
  });

  test('where a directory in it cannot be listed, which a command could make so that it can', async (context) => {
    const opendir: typeof fs.opendir = (path, options) =>
      readlinkSync(String(path)).endsWith('/proj/closed') ? refused() : fs.opendir(path, options);
    const world = await scopedWorld(context, filesWith({ opendir }));
    await world.put('home/proj/closed/.git/config');
    await world.put('home/proj/open/a');
    world.allow('fs_write: ["@/proj/**"]');
    expect(await writableWhole(world)).toEqual(['/proj/open']);
  });

  test('where a directory in it cannot be entered', async (context) => {
    const open: typeof fs.open = (path, ...rest) =>
      String(path).endsWith('/proj/closed/repo') ? refused() : fs.open(path, ...rest);
    const world = await scopedWorld(context, filesWith({ open }));
    await world.put('home/proj/closed/repo/.git/config');
    await world.put('home/proj/open/a');
    world.allow('fs_write: ["@/proj/**"]');
    expect(await writableWhole(world)).toEqual(['/proj/open']);
  });
});

test('a directory is given as a whole where all names of its files are in it', async (context) => {
  const world = await scopedWorld(context);
  await mkdir(`${world.home}/cache/sub`, { recursive: true });
  await link(await world.put('home/cache/one'), `${world.home}/cache/sub/two`);
  world.allow('fs_write: ["@/cache/**"]');
  expect(await writableWhole(world)).toEqual(['/cache']);
});

test('a deep tree takes no more descriptors than a flat one', async (context) => {
  let root = '';
  let most = 0;
  const opendir: typeof fs.opendir = (path, options) => {
    most = Math.max(most, openBelow(root).length);
    return fs.opendir(path, options);
  };
  const world = await scopedWorld(context, filesWith({ opendir }));
  root = world.root;
  await world.put(`home/read/${nested(40)}/a`);
  await world.put(`home/write/${nested(40)}/a`);
  world.allow('fs_read: ["@/read/**/nothing*"]\nfs_write: ["@/write/**"]');
  await world.wait(['true']);
  // What is given, what is looked at to see whether it can be, and a directory in it.
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4);
});

test.for(['fs_read: ["@/tree/**/nothing*"]', 'fs_write: ["@/tree/**"]'])(
  'a tree that is too deep is refused with what to do, for %s',
  async (permissions, context) => {
    const world = await scopedWorld(context);
    await world.put(`home/tree/${nested(SCOPE_CAPS.depth + 1)}/a`);
    world.allow(permissions);
    const before = openBelow(world.root);
    await expect(world.wait(['true'])).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/^exec_profile: scoped: expected directories at most 64 deep .*; name/),
    });
    expect(openBelow(world.root)).toEqual(before);
  },
);

test('the commands of one spoke are looked at one after the other', async (context) => {
  const world = await scopedWorld(context);
  const { scope } = world.exec;
  if (!scope) throw new Error('no scope');
  let looking = 0;
  let most = 0;
  const keepOut = async () => {
    looking += 1;
    most = Math.max(most, looking);
    const places = await scope.keepOut();
    looking -= 1;
    return places;
  };
  const portal = daemonExecPortal({ ...world.exec, scope: { ...scope, keepOut } });
  const prepared = await Promise.all(
    [1, 2, 3].map(() => prepare(portal, 'daemon_exec', { command: 'true' })),
  );
  for (const one of prepared) await one.release();
  expect(most).toBe(1);
});
