import { expect, test } from 'vitest';
import { axium, makeWorld } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';
import { entry, rights, said } from './support/rights.ts';

const CREDS = rights('creds', '0.1.0', {
  exec: { ...said(true), commands: [] },
  notify: said(true),
  fs_read: [entry('~/.aws/credentials'), entry('~/.aws/config')],
  fs_write: [entry('/tmp/creds-cache/*')],
});
const AWS = rights('aws', '1.0.0', { notify: said(true, 'override') });

test('perms list prints the documented five lines for each spoke, a blank line between two', async () => {
  const world = await makeWorld();
  await answerControl(world, { perms_list: { spokes: [CREDS, AWS] } });
  expect(await axium(world, 'perms', 'list')).toEqual({
    code: 0,
    stderr: '',
    stdout: `Spoke Permissions:

creds (v0.1.0)
  exec: true (base)
  notify: true (base)
  net: false (base)
  fs_read: 2 paths
  fs_write: 1 path

aws (v1.0.0)
  exec: false (base)
  notify: true (override)
  net: false (base)
  fs_read: 0 paths
  fs_write: 0 paths
`,
  });
});

test.each([
  ['ask', [], 'ask'],
  ['commands', [entry('git log')], '1 command'],
  ['commands', [entry('git log'), entry('aws sso login')], '2 commands'],
] as const)('perms list prints exec %s with %j as %s', async (value, commands, printed) => {
  const world = await makeWorld();
  const spoke = rights('x', '1', { exec: { ...said(value, 'override'), commands } });
  await answerControl(world, { perms_list: { spokes: [spoke] } });
  const { stdout } = await axium(world, 'perms', 'list');
  expect(stdout.split('\n')[3]).toBe(`  exec: ${printed} (override)`);
});

test('perms list says so when there are no spokes', async () => {
  const world = await makeWorld();
  await answerControl(world, { perms_list: { spokes: [] } });
  expect(await axium(world, 'perms', 'list')).toEqual({ code: 0, stderr: '', stdout: 'No spokes\n' });
});

test('perms list keeps its five lines and says on stderr that none of the rights counts', async () => {
  const world = await makeWorld();
  await answerControl(world, { perms_list: { spokes: [rights('x', '1', { open: false })] } });
  const { stdout, stderr } = await axium(world, 'perms', 'list');
  expect(stdout.split('\n')).toHaveLength(9);
  expect(stderr).toBe(
    "axium: nothing is allowed beyond the HUD, since no valid permissions.yaml has been read; see 'axium daemon status'\n",
  );
});

test('perms list --json prints the rights of all spokes as an array', async () => {
  const world = await makeWorld();
  await answerControl(world, { perms_list: { spokes: [CREDS, AWS] } });
  const { stdout } = await axium(world, 'perms', 'list', '--json');
  expect(JSON.parse(stdout)).toEqual([CREDS, AWS]);
});
