import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { execOf, readOf, writeAudit } from './support/audit-file.ts';
import { axium, type World } from './support/cli.ts';
import { fileOf, tunedWorld } from './support/tuned-world.ts';

const today = (clock: string) => `${new Date().toISOString().slice(0, 10)}T${clock}.000Z`;
const why = async (world: World, ...words: readonly string[]) => (await axium(world, 'why', ...words)).stdout;

/** A user whose spoke was three times denied what it asked for. */
async function deniedWorld(permissions: string | null = null): Promise<World> {
  const world = await tunedWorld(permissions);
  await writeAudit(
    world,
    ['10:13:59', '10:14:01', '10:14:03'].map((clock) => readOf(world, 'notes/todo.md', today(clock))),
  );
  return world;
}

test('why tells the last denial, how often it was, what nearly allows it, and what could be done', async () => {
  const world = await deniedWorld();
  const told = `weather was denied fs_read ~/notes/todo.md      3 times, last 10:14:03
  because  no rule allows it
           spokes/weather/spoke.yaml:7   asks for  ~/notes/*.txt
  fix      axium perms allow weather fs_read '~/notes/todo.md'
           axium perms allow weather fs_read '~/notes/*.md' --for 1h      wider, expires
  or keep it denied and quiet:  axium perms deny weather fs_read '~/notes/todo.md'
`;
  expect(await axium(world, 'why')).toEqual({ code: 0, stdout: told, stderr: '' });
  expect(await why(world, 'weather')).toBe(told);
  expect(await why(world, '--id', 'r-2')).toContain('      once, 10:14:01\n');
});

test('what it proposes does what it says: the first allows just that, the last keeps it quiet', async () => {
  const world = await deniedWorld();
  const can = async (path: string) => (await axium(world, 'perms', 'can', 'weather', 'fs_read', path)).code;
  await axium(world, 'perms', 'allow', 'weather', 'fs_read', '~/notes/todo.md');
  expect([await can('~/notes/todo.md'), await can('~/notes/other.md')]).toEqual([0, 1]);
  expect(await why(world)).toContain('  now      it is allowed: permissions.yaml:3   ~/notes/todo.md\n');
  await axium(world, 'perms', 'undo');
  await axium(world, 'perms', 'deny', 'weather', 'fs_read', '~/notes/todo.md');
  expect(JSON.parse((await axium(world, 'perms', 'review')).stdout)).toEqual([]);
});

test('a denial of the user is told with its line and how to take it back, and only where there is nothing else', async () => {
  const world = await tunedWorld('weather:\n  deny:\n    fs_read: [~/notes/**]\n');
  const rule = { pattern: '~/notes/**', effect: 'deny', source: 'override' } as const;
  await writeAudit(world, [
    execOf(['/usr/bin/git', 'log', '-3'], today('10:00:00')),
    readOf(world, 'notes/todo.md', today('10:14:03'), {
      reason: 'denied by fs_read: ~/notes/**',
      rule: { ...rule, origin: `${fileOf(world)}:3:15` },
      via_override: true,
    }),
  ]);
  expect(await why(world)).toBe(`weather was denied exec git log -3      once, 10:00:00
  because  no rule allows it
  fix      axium perms allow weather exec 'git log -3'
           axium perms allow weather exec 'git log ...' --for 1h      wider, expires
  or keep it denied and quiet:  axium perms deny weather exec 'git log -3'
`);
  expect(await why(world, '--id', 'r-2')).toBe(`weather was denied fs_read ~/notes/todo.md      once, 10:14:03
  because  permissions.yaml:3   denies  ~/notes/**
  fix      axium perms reset weather fs_read '~/notes/**'      takes back that entry
`);
});

test('what every spoke is denied is taken back there', async () => {
  const world = await deniedWorld('"*":\n  deny:\n    fs_read: [~/notes/**]\n');
  const origin = `${fileOf(world)}:3:15`;
  const rule = { pattern: '~/notes/**', effect: 'deny', source: 'override', origin } as const;
  await writeAudit(world, [readOf(world, 'notes/todo.md', today('10:14:03'), { rule, reason: 'x' })]);
  expect(await why(world)).toContain(
    "  fix      axium perms reset '*' fs_read '~/notes/**'      takes back that entry\n",
  );
});

test.each([
  [
    'a shell gets no wider entry',
    execOf(['/usr/bin/bash', '-c', 'x'], today('10:00:00')),
    ["axium perms allow weather exec 'bash -c x'"],
  ],
  [
    'words with blanks are no entry',
    execOf(['/usr/bin/git', 'log', 'a b'], today('10:00:00')),
    ["this cannot be written as an entry; see 'axium perms edit'"],
  ],
  [
    'a switch',
    { time: today('10:00:00'), command: 'notify', action: 'notify', reason: 'no rule allows it' },
    ['axium perms allow weather notify'],
  ],
  [
    'an action of root is proposed to be asked about',
    {
      time: today('10:00:00'),
      command: 'privileged',
      action: 'privileged',
      resource: 'restart_service {"unit":"nginx.service"}',
      target: '["/usr/bin/systemctl","restart","nginx.service"]',
    },
    ['axium perms ask weather privileged restart_service'],
  ],
  [
    'what is built in',
    { time: today('10:00:00'), action: 'unknown', command: 'x', reason: 'there is no such command' },
    ['nothing in permissions.yaml changes this'],
  ],
])('%s', async (_what, entry, fixes) => {
  const world = await tunedWorld('weather: {notify: false}\n');
  await writeAudit(world, [entry]);
  const lines = (await why(world)).split('\n');
  const from = lines.findIndex((line) => line.startsWith('  fix '));
  const told = lines
    .slice(from)
    .filter((line) => /^ {2}(?:fix| {3}) {6}/.test(line))
    .map((line) => line.slice(11));
  expect(told).toEqual(fixes);
});

test('a name that looks like a pattern is proposed as the name that it is', async () => {
  const world = await tunedWorld();
  await writeAudit(world, [readOf(world, 'notes/[a]$b.md', today('10:00:00'))]);
  expect(await why(world)).toContain("axium perms allow weather fs_read '~/notes/\\[a\\]\\$b.md'\n");
});

test('what was asked is made safe for the terminal, and so is the command that is proposed', async () => {
  const world = await tunedWorld();
  await writeAudit(world, [execOf(['/usr/bin/git', '\u001b[2J'], today('10:00:00'))]);
  const told = await why(world);
  expect(told).not.toContain('\u001b');
  expect(told).toContain('weather was denied exec git \\u001b[2J');
});

test('without a denial on record that is said, and ends with 1', async () => {
  const world = await tunedWorld();
  expect(await axium(world, 'why', 'weather')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'axium: nothing that was denied to weather is on record\n',
  });
  await writeFile(`${world.axium}/state/audit.jsonl`, 'no record\n');
  expect((await axium(world, 'why')).code).toBe(1);
});
