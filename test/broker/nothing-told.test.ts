import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeWorld, type World } from './support/broker-world.ts';

let world: World;

/** A home with everything that can be under a name, none of it granted. */
beforeEach(async () => {
  world = await makeWorld({
    overrides: (home) => `creds: {deny: {fs_read: ['${home}/kept/**'], fs_write: ['${home}/kept/**']}}`,
  });
  const { home } = world;
  for (const directory of ['kept', 'directory']) await mkdir(`${home}/${directory}`);
  for (const file of ['file', 'kept/secret']) await writeFile(`${home}/${file}`, 'secret');
  execFileSync('mkfifo', [`${home}/fifo`]);
  const links = { 'to-file': 'file', 'to-kept': 'kept/secret', dangling: 'none' };
  for (const [name, to] of Object.entries(links)) await symlink(to, `${home}/${name}`);
  await symlink('/proc/self/environ', `${home}/to-proc`);
  await symlink('/dev/null', `${home}/to-device`);
  await symlink('to-itself', `${home}/to-itself`);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${home}/socket`, resolve));
  onTestFinished(() => void server.close());
});

const KINDS = [
  'file',
  'directory',
  'directory/none',
  'file/none',
  'fifo',
  'socket',
  'to-file',
  'to-kept',
  'to-proc',
  'to-device',
  'to-itself',
  'dangling',
];

/** The answer to a request for a name in the home, with the name left out. */
async function answerTo(name: string, request: { readonly cmd: string } & Readonly<Record<string, unknown>>) {
  const path = `${world.home}/${name}`;
  const response = await world.ask({ ...request, path });
  return JSON.parse(JSON.stringify(response).replaceAll(path, 'PATH')) as unknown;
}

describe.each([
  ['fs_read', { cmd: 'fs_read' }],
  ['fs_write', { cmd: 'fs_write', data: '' }],
  ['fs_read', { cmd: 'fs_stat' }],
])('%s outside the grants', (cmd, request) => {
  test.each(KINDS)('is answered alike for %s and for a name where nothing is', async (name) => {
    expect(await answerTo(name, request)).toEqual(await answerTo('nothing-here', request));
  });

  test('names the entry that would allow it, and nothing of what is there', async () => {
    expect(await answerTo('file', request)).toEqual({
      id: 7,
      ok: false,
      code: 'denied',
      error: `${cmd} of PATH is denied; an entry that would allow it: ${cmd}: [PATH]`,
      entry: `${cmd}: [PATH]`,
    });
  });
});

test('a link in the grant that leads out of it does not tell whether there is something', async () => {
  const { home } = world;
  await symlink(`${home}/file`, `${home}/granted/to-something`);
  await symlink(`${home}/nothing-here`, `${home}/granted/to-nothing`);
  const something = await answerTo('granted/to-something', { cmd: 'fs_read' });
  expect(something).toMatchObject({ code: 'denied' });
  expect(await answerTo('granted/to-nothing', { cmd: 'fs_read' })).toEqual(something);
});

test.each([...KINDS, 'directory/none/of/it'])(
  'a linked directory in the grant that leads out of it does not tell a writer whether there is one: %s',
  async (kind) => {
    const { home, audit } = world;
    await symlink(`${home}/${kind}`, `${home}/granted/to-something`);
    await symlink(`${home}/nothing-here`, `${home}/granted/to-nothing`);
    const something = await answerTo('granted/to-something/file', { cmd: 'fs_write', data: '' });
    expect(something).toMatchObject({ code: 'denied' });
    expect(await answerTo('granted/to-nothing/file', { cmd: 'fs_write', data: '' })).toEqual(something);
    expect(audit.decisions()).toMatchObject([
      { action: 'fs_write', effect: 'deny', resource: `${home}/granted/to-something/file` },
      { action: 'fs_write', effect: 'deny', target: `${home}/nothing-here/file` },
    ]);
  },
);

test('what is denied by a user is not told to the spoke, and is told to the record', async () => {
  const { ask, audit, home } = world;
  const response = await ask({ cmd: 'fs_read', path: `${home}/kept/secret` });
  expect(response).toMatchObject({ code: 'denied', error: expect.not.stringContaining('**') });
  expect(audit.entries).toMatchObject([
    {
      rule: { pattern: `${home}/kept/**`, source: 'override' },
      target: `${home}/kept/secret`,
      via_override: true,
    },
  ]);
  expect(audit.details).toEqual([{ spoke: 'creds', detail: `${home}/kept/secret` }]);
});

test('in the grants it is told that a file is not there, and on record why another is denied', async () => {
  const { ask, audit, home } = world;
  execFileSync('mkfifo', [`${home}/granted/fifo`]);
  const read = async (name: string) => ask({ cmd: 'fs_read', path: `${home}/granted/${name}` });
  expect(await read('none')).toMatchObject({ code: 'not_found', error: 'there is no such file' });
  expect([await read('spokes'), await read('fifo')]).toMatchObject([{ code: 'denied' }, { code: 'denied' }]);
  expect(
    audit
      .decisions()
      .map(({ reason }) => reason)
      .slice(1),
  ).toEqual(['it is a directory', 'it is not a regular file']);
});

test('get_config without its file in the grants names the entry to add', async () => {
  const { ask, audit, home } = await makeWorld({ permissions: () => 'notify: true' });
  const file = `${home}/granted/spokes/creds.yaml`;
  expect(await ask({ cmd: 'get_config' })).toEqual({
    id: 7,
    ok: false,
    code: 'denied',
    error: `fs_read of ${file} is denied; an entry that would allow it: fs_read: [${file}]`,
    entry: `fs_read: [${file}]`,
  });
  expect(audit.entries).toMatchObject([
    { command: 'get_config', action: 'fs_read', resource: file, effect: 'deny' },
  ]);
});

test('the entry that a denial names is one that allows exactly what was asked for', async () => {
  const { ask, home } = world;
  await writeFile(`${home}/a[b]*{c}`, 'content');
  const denial = await ask({ cmd: 'fs_read', path: `${home}/a[b]*{c}` });
  const [, entry] = /would allow it: fs_read: \[(.*)\]$/.exec(String(denial.error)) ?? [];
  const other = await makeWorld({ permissions: () => `fs_read: [${entry}]` });
  expect(await other.ask({ cmd: 'fs_read', path: `${home}/a[b]*{c}` })).toMatchObject({ data: 'content' });
});
