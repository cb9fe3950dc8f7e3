import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeWorld, type World } from './support/broker-world.ts';

let world: World;

const RIGHTS = (home: string) =>
  `fs_read:\n  - ${home}/open/*\n  - ${home}/deep/**\n  - ${home}/private/one\n  - ${home}/users/*/notes/*.md`;

beforeEach(async () => {
  world = await makeWorld({
    permissions: RIGHTS,
    overrides: (home) => `creds: {deny: {fs_read: ['${home}/open/kept*']}}`,
  });
  const { home } = world;
  for (const directory of ['open/sub', 'deep/a/b', 'private', 'users/ada/notes', 'users/bob', 'other'])
    await mkdir(`${home}/${directory}`, { recursive: true });
  for (const file of ['open/file', 'open/kept', 'deep/a/file', 'private/one', 'private/two', 'other/file'])
    await writeFile(`${home}/${file}`, 'text');
  await symlink(`${home}/other/file`, `${home}/open/link`);
});

const list = (path: string) => world.ask({ cmd: 'fs_list', path: `${world.home}/${path}` });
const stat = (path: string) => world.ask({ cmd: 'fs_stat', path: `${world.home}/${path}` });
const names = async (path: string) => {
  const { entries } = (await list(path)) as unknown as { entries: { name: string; type: string }[] };
  return entries.map(({ name, type }) => `${name}: ${type}`);
};

describe('a listing', () => {
  test('shows what the entries cover, and nothing that a user denies', async () => {
    expect(await names('open')).toEqual(['file: file', 'link: link', 'sub: directory']);
    expect(await names('deep')).toEqual(['a: directory']);
    expect(await names('deep/a')).toEqual(['b: directory', 'file: file']);
    expect(await names('private')).toEqual(['one: file']);
  });

  test('of a directory in which entries cover only what lies deeper does not tell who else is there', async () => {
    expect(await names('users')).toEqual([]);
    expect(await names('')).toEqual([]);
  });

  test('outside the grants is denied alike, whatever is there, with the entry that would show it', async () => {
    const { home } = world;
    const answer = async (name: string) =>
      JSON.parse(JSON.stringify(await list(name)).replaceAll(`${home}/${name}`, 'PATH'));
    const nothing = await answer('none');
    expect(nothing).toEqual({
      id: 7,
      ok: false,
      code: 'denied',
      error: 'fs_read of PATH is denied; an entry that would allow it: fs_read: ["PATH/*"]',
      entry: 'fs_read: ["PATH/*"]',
    });
    for (const name of ['other', 'other/file', 'other/none', 'open/link'])
      expect(await answer(name)).toEqual(nothing);
  });

  test('of what an entry leads through but does not cover is the same, there or not', async () => {
    const { home } = world;
    const seen = await makeWorld({ permissions: () => `fs_read: [${home}/private/x, ${home}/none/x]` });
    for (const name of ['private', 'none'])
      expect(await seen.ask({ cmd: 'fs_list', path: `${home}/${name}` })).toEqual({
        id: 7,
        ok: true,
        entries: [],
      });
  });

  test('of what an entry covers tells when it is not there, and when it is no directory', async () => {
    expect(await list('deep/none')).toMatchObject({ code: 'not_found' });
    expect(await list('deep/a/file')).toMatchObject({ code: 'invalid' });
  });

  test('through a link is decided on where the link leads', async () => {
    const { home, audit } = world;
    await symlink(`${home}/other`, `${home}/deep/out`);
    await symlink(`${home}/private`, `${home}/deep/in`);
    expect(await list('deep/out')).toMatchObject({ code: 'denied' });
    expect(await names('deep/in')).toEqual(['one: file']);
    expect(audit.decisions().map(({ target, effect }) => [target, effect])).toEqual([
      [`${home}/other`, 'deny'],
      [`${home}/private`, 'allow'],
    ]);
  });

  test('never shows the files of the kernel', async () => {
    const seen = await makeWorld({ permissions: () => 'fs_read: ["/proc/**"]' });
    expect(await seen.ask({ cmd: 'fs_list', path: '/proc' })).toMatchObject({ code: 'denied' });
  });
});

describe('a look at one name', () => {
  test('tells kind, size and mode of what the entries cover, directories too', async () => {
    expect(await stat('open/file')).toMatchObject({ ok: true, type: 'file', size: 4, mode: 0o644 });
    expect(await stat('open/sub')).toMatchObject({ ok: true, type: 'directory' });
    expect(await stat('open/none')).toMatchObject({ code: 'not_found' });
  });

  test('is denied where reading would be', async () => {
    for (const path of ['open', 'open/kept', 'open/link', 'private/two', 'users/bob'])
      expect(await stat(path)).toMatchObject({ code: 'denied' });
  });
});

describe('can', () => {
  const can = (fields: object) => world.ask({ cmd: 'can', ...fields });

  test('says what the request itself would come to, does nothing and has one record of its own', async () => {
    const { home, audit } = world;
    expect(await can({ action: 'fs_read', path: `${home}/open/file` })).toEqual({
      id: 7,
      ok: true,
      effect: 'allow',
    });
    expect(await can({ action: 'fs_write', path: `${home}/open/new` })).toEqual({
      id: 7,
      ok: true,
      effect: 'deny',
      error: `fs_write of ${home}/open/new is denied; an entry that would allow it: fs_write: [${home}/open/new]`,
      entry: `fs_write: [${home}/open/new]`,
    });
    expect(audit.decisions().map(({ action, effect, resource }) => [action, effect, resource])).toEqual([
      ['permissions', 'allow', `fs_read ${home}/open/file`],
      ['permissions', 'allow', `fs_write ${home}/open/new`],
    ]);
  });

  test('asks no person', async () => {
    let asked = 0;
    world = await makeWorld({
      overrides: () => 'creds: {exec: ask}',
      changed: () => ({
        askPerson: async () => {
          asked += 1;
          return null;
        },
      }),
    });
    expect(await can({ action: 'exec', command: 'id -u' })).toEqual({ id: 7, ok: true, effect: 'ask' });
    expect(asked).toBe(0);
    expect(world.jobs.list()).toEqual([]);
  });

  test('about a path outside the grants says the same whether something is there', async () => {
    const { home } = world;
    const answer = async (path: string) =>
      JSON.stringify(await can({ action: 'fs_read', path })).replaceAll(path, 'PATH');
    expect(await answer(`${home}/other/file`)).toBe(await answer(`${home}/other/none`));
  });

  test.each([
    [{ action: 'fs_read' }],
    [{ action: 'exec' }],
    [{ action: 'notify', path: '/a' }],
    [{ action: 'fs_read', path: '/a', command: 'id' }],
    [{ action: 'privileged' }],
  ])('%j is invalid', async (fields) => {
    expect(await can(fields)).toMatchObject({ ok: false, code: 'invalid' });
  });
});
