import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { execOf, readOf, writeAudit } from './support/audit-file.ts';
import { axium, type World } from './support/cli.ts';
import { fileOf, tunedWorld } from './support/tuned-world.ts';

const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString();
const clock = (time: string) => time.slice(0, 19).replace('T', ' ');
const allowed = { effect: 'allow', reason: 'allowed' } as const;

async function recordedWorld(
  permissions: string | null,
): Promise<World & { readonly times: readonly string[] }> {
  const world = await tunedWorld(permissions);
  const times = [day(40), day(3), day(2), day(1)];
  const [first = '', second = '', third = '', last = ''] = times;
  await writeAudit(world, [
    readOf(world, 'notes/old.txt', first, allowed),
    readOf(world, 'notes/todo.md', second),
    readOf(world, 'notes/todo.md', third),
    execOf(['/usr/bin/git', 'log'], third, { effect: 'ask', request: 'q', reason: 'a person is asked' }),
    execOf(['/usr/bin/git', 'log'], third, { effect: 'deny', request: 'q', reason: 'and nobody did' }),
    { time: last, command: 'notify', action: 'notify', ...allowed },
    { time: last, command: 'facts', action: 'facts', principal: 'spoke:gone' },
  ]);
  return { ...world, times };
}

test('perms try tells what a candidate would have decided otherwise, by which line, and changes nothing', async () => {
  const world = await recordedWorld(null);
  const candidate = `${world.home}/candidate.yaml`;
  await writeFile(candidate, 'weather:\n  notify: false\n  exec: ask\n  fs_read: [~/notes/*]\n');
  const { code, stdout } = await axium(world, 'perms', 'try', candidate);
  const [, , third = '', last = ''] = world.times;
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `weather fs_read ~/notes/todo.md: denied, would be allowed      2 times, last ${clock(third)}
  ~/candidate.yaml:4:13  allow fs_read: ~/notes/* (override)
weather notify: allowed, would be denied      once ${clock(last)}
  ~/candidate.yaml:2:11  deny notify: false (override)
3 of 4 requests would be decided otherwise; 1 could not be told of.
`,
  });
  const json = await axium(world, 'perms', 'try', candidate, '--json', '--since', '36h');
  expect(JSON.parse(json.stdout)).toMatchObject({
    differences: [{ action: 'notify', was: 'allow', now: 'deny' }],
  });
  await expect(axium(world, 'perms', 'show', 'weather')).resolves.toMatchObject({
    stdout: expect.stringContaining('notify: true (base)'),
  });
});

test('a candidate that is not valid, or fails what it expects, ends with 65', async () => {
  const world = await recordedWorld(null);
  const candidate = `${world.home}/candidate.yaml`;
  await writeFile(candidate, 'weather:\n  notfy: false\n');
  const broken = await axium(world, 'perms', 'try', candidate);
  expect({
    code: broken.code,
    named: broken.stderr.includes("candidate.yaml:2:3: unknown key 'notfy'"),
  }).toEqual({
    code: 65,
    named: true,
  });
  await writeFile(candidate, 'expect: [{spoke: weather, action: notify, effect: deny}]\n');
  expect((await axium(world, 'perms', 'try', candidate)).code).toBe(65);
  expect((await axium(world, 'perms', 'try', `${world.home}/nowhere`)).code).toBe(1);
});

test('perms unused prints the rights that nothing has used lately, with their lines and what takes them away', async () => {
  const world = await recordedWorld(
    'weather:\n  facts: true\n  fs_read:\n    - ~/notes/x # why\n  exec: [git log ...]\n',
  );
  const { code, stdout } = await axium(world, 'perms', 'unused');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `weather fs_read ~/notes/*.txt
  line     ~/axium/config/spokes/weather/spoke.yaml:7:7   - ~/notes/*.txt
  remove   axium perms deny weather fs_read '~/notes/*.txt'
weather fs_read ~/notes/x
  line     ~/axium/config/permissions.yaml:4:7   - ~/notes/x # why
  remove   axium perms reset weather fs_read '~/notes/x'
weather facts
  line     ~/axium/config/permissions.yaml:2:10   facts: true
  remove   axium perms reset weather facts
`,
  });
  const longer = await axium(world, 'perms', 'unused', 'weather', '--since', '90d', '--json');
  expect(
    (JSON.parse(longer.stdout).rights as { rule: { pattern: string } }[]).map(({ rule }) => rule.pattern),
  ).toEqual(['~/notes/x', 'true']);
  expect((await axium(world, 'perms', 'unused', '--since', '90d')).stderr).toContain(
    'axium: the log begins at ',
  );
  expect((await axium(world, 'perms', 'unused', 'nosuch')).code).toBe(1);
});

test('perms check tells what does nothing, what does much, and what is wrong', async () => {
  const world = await recordedWorld(`weather:
  fs_read:
    - ~/notes/a.txt
    - {path: ~/x, expires: '2020-01-01T00:00:00Z'}
    - ~/zzz
    - ~/never
    - ~/**
  exec: [bash ..., git log ..., git log -3]
  deny:
    fs_read: [~/zzz]
wether:
  notify: true
expect:
  - {spoke: gone, action: notify, effect: deny}
`);
  const { code, stdout, stderr } = await axium(world, 'perms', 'check');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(
    stdout.replaceAll('~/axium/config/', ''),
  ).toBe(`permissions.yaml:3:7: fs_read '~/notes/a.txt' does nothing: spokes/weather/spoke.yaml:7:7 allows it already ('~/notes/*.txt')
permissions.yaml:4:7: fs_read '~/x' does nothing: it expired on 2020-01-01T00:00:00.000Z
permissions.yaml:5:7: fs_read '~/zzz' does nothing: permissions.yaml:7:7 allows it already ('~/**')
permissions.yaml:6:7: fs_read '~/never' does nothing: permissions.yaml:7:7 allows it already ('~/**')
permissions.yaml:7:7: fs_read '~/**' opens a whole tree of files
permissions.yaml:8:10: exec 'bash ...' allows more than it says: bash runs whatever it is told to
permissions.yaml:8:10: exec 'bash ...' matches nothing that weather has asked for so far
permissions.yaml:8:33: exec 'git log -3' does nothing: permissions.yaml:8:20 allows it already ('git log ...')
permissions.yaml:11:1: no spoke 'wether' is loaded, so this section does nothing; did you mean 'weather'?
permissions.yaml:14:5: no spoke 'gone' is loaded, so this is not checked; known here: weather
`);
  await writeFile(fileOf(world), 'weather:\n  notfy: true\n');
  const broken = await axium(world, 'perms', 'check');
  expect({ code: broken.code, first: broken.stderr.split('\n')[0] }).toEqual({
    code: 65,
    first: 'axium: ~/axium/config/permissions.yaml is not valid:',
  });
  await writeFile(fileOf(world), '');
  expect((await axium(world, 'perms', 'check')).stdout).toBe(
    '~/axium/config/permissions.yaml: nothing to say\n',
  );
});
