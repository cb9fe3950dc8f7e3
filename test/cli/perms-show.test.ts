import { expect, test } from 'vitest';
import { axium, makeWorld, type World } from './support/cli.ts';
import { answerControl, Refused } from './support/control-server.ts';
import { entry, rights, said } from './support/rights.ts';

const documented = (world: World) =>
  rights(
    'creds',
    '0.1.0',
    {
      exec: { ...said(true), commands: [] },
      notify: said(true),
      fs_read: [
        entry('~/.aws/credentials'),
        entry('~/.aws/config'),
        entry('/opt/company/creds/*', 'override'),
      ],
      fs_write: [entry('/tmp/creds-cache/*')],
      overridden: true,
    },
    { override_source: `${world.home}/.config/axium/permissions.yaml` },
  );

const DOCUMENTED = `Permissions for 'creds' (v0.1.0):

Boolean Permissions:
  exec: true (base)
  notify: true (base)
  net: false (base)

Filesystem Permissions:
  fs_read:
    • ~/.aws/credentials (base)
    • ~/.aws/config (base)
    • /opt/company/creds/* (override)

  fs_write:
    • /tmp/creds-cache/* (base)

Override source: ~/.config/axium/permissions.yaml
`;

test('perms show prints the documented lines, and what Axium adds only after them', async () => {
  const world = await makeWorld();
  await answerControl(world, { get_permissions: documented(world) });
  expect(await axium(world, 'perms', 'show', 'creds')).toEqual({
    code: 0,
    stderr: '',
    stdout: `${DOCUMENTED}
Further Permissions:
  facts: false (base)
  exec_profile: host (base)
  privileged: none

Sandbox level: strong

Warnings:
  • net: false does not bind exec: with exec_profile host, a command has the network that you have
`,
  });
});

test('without an override in force, perms show names no override source', async () => {
  const world = await makeWorld();
  const spoke = rights('quiet', '2.0.0');
  const requests = await answerControl(world, { get_permissions: spoke });
  const { stdout } = await axium(world, 'perms', 'show', 'quiet');
  expect(requests).toEqual([{ cmd: 'get_permissions', spoke: 'quiet' }]);
  expect(stdout).toBe(`Permissions for 'quiet' (v2.0.0):

Boolean Permissions:
  exec: false (base)
  notify: false (base)
  net: false (base)

Filesystem Permissions:
  fs_read:
    (none)

  fs_write:
    (none)

Further Permissions:
  facts: false (base)
  exec_profile: host (base)
  privileged: none

Sandbox level: strong
`);
});

test('perms show prints commands, restrictions, expiries and reasons, privileges, level and warnings at the end', async () => {
  const world = await makeWorld();
  const spoke = rights(
    'full',
    '1.0.0',
    {
      exec: {
        ...said('commands', 'override'),
        commands: [entry('aws sso login', 'override'), entry('git log ...', 'override')],
      },
      net: said(true),
      facts: said(true),
      fs_read: [
        entry('/srv/a', 'base', { expires: '2000-01-01T00:00:00.000Z' }),
        entry('/srv/b', 'override', { expires: '2999-01-31T18:00:00.000Z', reason: 'for the audit' }),
      ],
      exec_profile: said('scoped', 'override'),
      privileged: [
        { ...entry('restart_service'), effect: 'ask' },
        { ...entry('renice', 'override', { reason: 'it is ours' }), effect: 'allow' },
      ],
      restrictions: [
        { ...entry('~/.ssh/**', 'override'), action: 'fs_read', effect: 'deny' },
        { ...entry('rm ...', 'override', { reason: 'no' }), action: 'exec', effect: 'deny' },
        { ...entry('/etc/hosts', 'override'), action: 'fs_write', effect: 'ask' },
      ],
      open: false,
    },
    { level: 'seatbelt', warnings: ["/p.yaml:3:7: fs_read '/**' opens a whole tree of files"] },
  );
  await answerControl(world, { get_permissions: spoke });
  const { stdout } = await axium(world, 'perms', 'show', 'full');
  expect(stdout).toBe(`Permissions for 'full' (v1.0.0):

Boolean Permissions:
  exec: 2 commands (override)
  notify: false (base)
  net: true (base)

Filesystem Permissions:
  fs_read:
    • /srv/a (base)
    • /srv/b (override)

  fs_write:
    (none)

Exec Commands:
  • aws sso login (override)
  • git log ... (override)

Privileged Actions:
  • restart_service (base)
  • renice (override), nobody is asked

Deny:
  • fs_read: ~/.ssh/** (override)
  • exec: rm ... (override)

Ask:
  • fs_write: /etc/hosts (override)

Expiry and Reasons:
  • fs_read: /srv/a expired 2000-01-01 00:00:00
  • fs_read: /srv/b until 2999-01-31 18:00:00 (for the audit)
  • privileged: renice (it is ours)
  • deny exec: rm ... (no)

Further Permissions:
  facts: true (base)
  exec_profile: scoped (override)
  privileged: 2 actions

Sandbox level: seatbelt

Warnings:
  • /p.yaml:3:7: fs_read '/**' opens a whole tree of files
  • nothing is allowed beyond the HUD, since no valid permissions.yaml has been read
`);
});

test('perms show prints a pattern as it is written, its backslashes too', async () => {
  const world = await makeWorld();
  const pattern = '~/notes/\\[draft\\] *.txt';
  await answerControl(world, { get_permissions: rights('x', '1', { fs_read: [entry(pattern)] }) });
  const { stdout } = await axium(world, 'perms', 'show', 'x');
  expect(stdout).toContain(`\n    • ${pattern} (base)\n`);
});

test('that net: false does not bind exec is not said of a scoped profile, nor where net is on or exec is off', async () => {
  const on = { ...said(true), commands: [] };
  const bound = [
    { exec: on, exec_profile: said('scoped' as const) },
    { exec: on, net: said(true) },
    { exec: { ...said(false), commands: [] } },
  ];
  for (const effective of bound) {
    const world = await makeWorld();
    await answerControl(world, { get_permissions: rights('x', '1', effective) });
    expect((await axium(world, 'perms', 'show', 'x')).stdout).not.toContain('does not bind');
  }
});

test('perms show --json prints the rights of the spoke', async () => {
  const world = await makeWorld();
  await answerControl(world, { get_permissions: documented(world) });
  const { stdout } = await axium(world, 'perms', 'show', 'creds', '--json');
  expect(JSON.parse(stdout)).toEqual(documented(world));
});

test('a spoke that is not there is an answer of no, in the documented words', async () => {
  const world = await makeWorld();
  await answerControl(world, {
    get_permissions: () => {
      throw new Refused('not_found', 'whatever the daemon says');
    },
  });
  expect(await axium(world, 'perms', 'show', 'nosuch')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      "axium: spoke 'nosuch' not found; 'axium spoke list' shows those that are loaded, and what was refused\n",
  });
});
