import { expect, test } from 'vitest';
import type { ControlReplies } from '../../schemas/control-replies.ts';
import { axium, makeWorld, type World } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

type Status = ControlReplies['status'];

const statusOf = (world: World, more: Partial<Status> = {}): Status => ({
  pid: 4711,
  version: '0.1.0',
  strict: false,
  uptime_ms: 192_400,
  notes: [],
  overrides: { file: `${world.axium}/config/permissions.yaml`, in_force: true, problems: [] },
  spokes: [
    {
      name: 'creds',
      version: '0.1.0',
      directory: '/s',
      state: 'ready',
      reason: null,
      level: 'strong',
      pid: 4712,
    },
  ],
  refused: [],
  warm: { state: 'none', pid: null },
  files: {
    security: `${world.axium}/state/security.log`,
    audit: `${world.axium}/state/audit.jsonl`,
    log: `${world.axium}/state/daemon.log`,
  },
  ...more,
});

test.each([[['status']], [['daemon', 'status']]])(
  '%j prints the daemon, its files and its spokes',
  async (words) => {
    const world = await makeWorld();
    await answerControl(world, { status: statusOf(world) });
    expect(await axium(world, ...words)).toEqual({
      code: 0,
      stderr: '',
      stdout: `daemon        running, pid 4711, version 0.1.0, up 3m 12s
strict mode   off
overrides     ~/axium/config/permissions.yaml (in force)
security log  ~/axium/state/security.log
audit log     ~/axium/state/audit.jsonl
daemon log    ~/axium/state/daemon.log

creds  0.1.0  ready  strong  pid 4712
`,
    });
  },
);

test('status shows the process that was started ahead, where there is one', async () => {
  const world = await makeWorld();
  await answerControl(world, { status: statusOf(world, { warm: { state: 'ready', pid: 4713 } }) });
  expect((await axium(world, 'status')).stdout).toContain('\nwarm process  ready, pid 4713\n');
});

test('status shows what is wrong with the overrides, and every note', async () => {
  const world = await makeWorld();
  const overrides = {
    file: `${world.axium}/config/permissions.yaml`,
    in_force: false,
    problems: ['permissions.yaml:2:3: expected true or false\n  2 |   exec: maybe\n    |         ^'],
  };
  const notes = ['running as root: every command is run as root'];
  await answerControl(world, { status: statusOf(world, { overrides, notes, spokes: [] }) });
  const { stdout } = await axium(world, 'status');
  expect(stdout.split('\n').slice(2)).toEqual([
    'overrides     ~/axium/config/permissions.yaml (as it is now it is not valid and not in force)',
    'security log  ~/axium/state/security.log',
    'audit log     ~/axium/state/audit.jsonl',
    'daemon log    ~/axium/state/daemon.log',
    '',
    '  permissions.yaml:2:3: expected true or false',
    '    2 |   exec: maybe',
    '      |         ^',
    '',
    'note: running as root: every command is run as root',
    '',
    'No spokes',
    '',
  ]);
});

test('status says that strict mode ignores the overrides', async () => {
  const world = await makeWorld();
  await answerControl(world, { status: statusOf(world, { strict: true }) });
  const { stdout } = await axium(world, 'status');
  expect(stdout.split('\n').slice(1, 3)).toEqual([
    'strict mode   on',
    'overrides     ~/axium/config/permissions.yaml (ignored in strict mode)',
  ]);
});

test('status --json prints the answer of the daemon and that it runs', async () => {
  const world = await makeWorld();
  await answerControl(world, { status: statusOf(world) });
  const { stdout } = await axium(world, 'status', '--json');
  expect(JSON.parse(stdout)).toEqual({ running: true, ...statusOf(world) });
});

test('status of a daemon that is not running ends with 3, and --json says it as data too', async () => {
  const world = await makeWorld();
  const stderr = "axium: the daemon is not running; start it with 'axium daemon start'\n";
  expect(await axium(world, 'daemon', 'status')).toEqual({ code: 3, stdout: '', stderr });
  expect(await axium(world, 'status', '--json')).toEqual({
    code: 3,
    stdout: '{\n  "running": false\n}\n',
    stderr,
  });
});
