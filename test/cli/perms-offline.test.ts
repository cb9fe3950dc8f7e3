import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld, runIn } from './support/cli.ts';
import { packageWith } from './support/package-copy.ts';
import { rights } from './support/rights.ts';

const NOTE = 'axium: the daemon is not running; this is what the files say\n';

async function worldOfCreds() {
  const world = await makeWorld();
  await writeFile(`${world.axium}/config/config.yaml`, 'spokes:\n  bundled: [creds]\n');
  await writeFile(`${world.axium}/config/permissions.yaml`, 'creds:\n  exec: false\n');
  return world;
}

test('without a daemon perms list and show print what the files say, and say that they do', async () => {
  const world = await worldOfCreds();
  const list = await axium(world, 'perms', 'list');
  expect({ code: list.code, stderr: list.stderr }).toEqual({ code: 0, stderr: NOTE });
  expect(list.stdout.split('\n').slice(0, 4)).toEqual([
    'Spoke Permissions:',
    '',
    'creds (v0.1.0)',
    '  exec: false (override)',
  ]);
  const show = await axium(world, 'perms', 'show', 'creds');
  expect({ code: show.code, stderr: show.stderr }).toEqual({ code: 0, stderr: NOTE });
  expect(show.stdout).toContain('\nOverride source: ~/axium/config/permissions.yaml\n');
  const json = await axium(world, 'perms', 'list', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject([{ name: 'creds', effective: { exec: { value: false } } }]);
});

test('without a daemon a spoke that the files do not know is an answer of no', async () => {
  const { code, stdout, stderr } = await axium(await worldOfCreds(), 'perms', 'show', 'nosuch');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.startsWith(`${NOTE}axium: spoke 'nosuch' not found; `)).toBe(true);
});

test('without a daemon files that are broken end with 78 and their place', async () => {
  const world = await worldOfCreds();
  await writeFile(`${world.axium}/config/permissions.yaml`, 'creds:\n  exec: maybe\n');
  const { code, stdout, stderr } = await axium(world, 'perms', 'list');
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  expect(stderr).toMatch(/^axium: \S*permissions\.yaml:2:9: /);
  expect(stderr).toContain('  2 |   exec: maybe\n');
});

test.each([
  ['says nothing', ''],
  ['says something else', 'console.log("hello")'],
  ['crashes', 'throw new Error("x")'],
])('a check that %s is a defect, told in one line', async (_what, program) => {
  const root = await packageWith({ check: program });
  const { code, stderr } = await runIn(root, await makeWorld(), 'perms', 'list');
  expect({ code, stderr }).toEqual({
    code: 70,
    stderr: `axium: ${root}/dist/core/check.js perms: it gave no answer\n`,
  });
});

test('the check has the environment of the caller, strict mode among it', async () => {
  const reply = { ok: true, spokes: [rights('x', '1')] };
  const root = await packageWith({
    check: `console.log(JSON.stringify(process.env.AXIUM_PERMS_STRICT === '1' ? ${JSON.stringify(reply)} : null))`,
  });
  const world = await makeWorld({ AXIUM_PERMS_STRICT: '1' });
  expect((await runIn(root, world, 'perms', 'list')).code).toBe(0);
});
