import { readFile, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sha256 } from '../../cli/edit-history.ts';
import { axium, type World } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';
import { endDaemonAfterwards } from './support/real-daemon.ts';
import { fileOf, tunedWorld } from './support/tuned-world.ts';

const NOTE = 'axium: the daemon is not running; this counts once it is started\n';
const FILE = `# mine
weather: # the notes
  fs_read:
    - ~/notes/a.txt # one
`;
const perms = (world: World, ...words: readonly string[]) => axium(world, 'perms', ...words);
const textOf = (world: World) => readFile(fileOf(world), 'utf8');

test('perms allow adds a line, prints it and what the spoke may do by it, and perms undo takes back just that', async () => {
  const world = await tunedWorld(FILE);
  expect(await perms(world, 'allow', 'weather', 'fs_read', `${world.home}/notes/todo.md`)).toEqual({
    code: 0,
    stdout: `~/axium/config/permissions.yaml
@@ -3,2 +3,3 @@
   fs_read:
     - ~/notes/a.txt # one
+    - ~/notes/todo.md

weather
  + fs_read: ~/notes/todo.md (override, ~/axium/config/permissions.yaml:5:7)
`,
    stderr: NOTE,
  });
  expect(await textOf(world)).toBe(`${FILE}    - ~/notes/todo.md\n`);
  expect(await perms(world, 'undo')).toEqual({
    code: 0,
    stdout: `Undone: perms allow weather fs_read ${world.home}/notes/todo.md

~/axium/config/permissions.yaml
@@ -3,3 +3,2 @@
   fs_read:
     - ~/notes/a.txt # one
-    - ~/notes/todo.md

weather
  - fs_read: ~/notes/todo.md (override, ~/axium/config/permissions.yaml:5:7)
`,
    stderr: NOTE,
  });
  expect(await textOf(world)).toBe(FILE);
  expect(await perms(world, 'undo')).toMatchObject({
    code: 1,
    stderr: 'axium: there is nothing to undo\n',
  });
});

test('a row of changes is undone one after the other, to no file where there was none; the history is private', async () => {
  const world = await tunedWorld();
  await perms(world, 'deny', 'weather', 'notify');
  const first = await textOf(world);
  await perms(world, 'allow', 'weather', 'fs_read', '~/notes/*.md', '--for', '1h', '--reason', 'to try');
  expect(await textOf(world)).toMatch(
    /^weather:\n {2}notify: false\n {2}fs_read:\n {4}- \{path: ~\/notes\/\*\.md, expires: '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', reason: to try\}\n$/,
  );
  expect((await stat(`${world.axium}/state/permissions.history.json`)).mode & 0o777).toBe(0o600);
  expect((await stat(fileOf(world))).mode & 0o777).toBe(0o600);
  await perms(world, 'undo');
  expect(await textOf(world)).toBe(first);
  await perms(world, 'undo');
  await expect(textOf(world)).rejects.toThrow('ENOENT');
  expect(await perms(world, 'undo')).toMatchObject({ code: 1 });
});

test('what was changed by hand since is not undone, and stays', async () => {
  const world = await tunedWorld();
  await perms(world, 'deny', 'weather', 'notify');
  const byHand = `${await textOf(world)}# and this\n`;
  await writeFile(fileOf(world), byHand);
  expect(await perms(world, 'undo')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      "axium: ~/axium/config/permissions.yaml was changed since by something else than a command, so nothing is undone; use 'axium perms edit'\n",
  });
  expect(await textOf(world)).toBe(byHand);
});

test('what opens something sensitive is told and not done without --yes', async () => {
  const world = await tunedWorld(FILE);
  const refused = await perms(world, 'allow', 'weather', 'fs_read', '~/.ssh/*');
  expect(refused).toEqual({
    code: 1,
    stdout: '',
    stderr: `axium: nothing was changed, since this opens what is sensitive; add --yes if it is meant:
  weather: fs_read ~/.ssh/* opens keys and tokens (~/.ssh)
`,
  });
  expect(await textOf(world)).toBe(FILE);
  expect((await perms(world, 'allow', 'weather', 'fs_read', '~/.ssh/*', '--yes')).code).toBe(0);
});

test('an action of root is asked about, allowed only with --yes, denied and taken back by its name', async () => {
  const world = await tunedWorld();
  const about = ['weather', 'privileged', 'restart_service'] as const;
  const can = async () => (await perms(world, 'can', ...about)).stdout.split(':')[0];
  expect(await can()).toBe('no');
  expect(await perms(world, 'ask', ...about)).toMatchObject({ code: 0, stderr: NOTE });
  expect(await textOf(world)).toBe('weather:\n  privileged:\n    - restart_service\n');
  expect(await can()).toBe('ask');
  expect(await perms(world, 'allow', ...about)).toMatchObject({
    code: 1,
    stderr: `axium: nothing was changed, since this opens what is sensitive; add --yes if it is meant:
  weather: privileged restart_service opens what root does, with nobody asked
`,
  });
  expect(await perms(world, 'allow', ...about, '--yes')).toEqual({
    code: 0,
    stdout: `~/axium/config/permissions.yaml
@@ -1,3 +1,3 @@
 weather:
   privileged:
-    - restart_service
+    - {action: restart_service, ask: false}

weather
  - privileged: restart_service (override, ~/axium/config/permissions.yaml:3:7)
  + privileged: restart_service unasked (override, ~/axium/config/permissions.yaml:3:7)
`,
    stderr: NOTE,
  });
  expect(await can()).toBe('yes');
  await perms(world, 'deny', ...about);
  expect(await can()).toBe('no');
  await perms(world, 'reset', ...about);
  expect(await textOf(world)).not.toContain('restart_service');
  expect(await perms(world, 'ask', 'weather', 'privileged', 'Restart!')).toMatchObject({ code: 65 });
});

test('a file whose name looks like a pattern is allowed by its name, and nothing else is', async () => {
  const world = await tunedWorld();
  await writeFile(`${world.home}/notes/[ab]*.md`, '');
  const { stderr } = await perms(world, 'allow', 'weather', 'fs_read', '~/notes/[ab]*.md');
  expect(stderr).toContain(
    'axium: there is a file of this very name, which is what is meant; --pattern takes it',
  );
  expect(await textOf(world)).toBe("weather:\n  fs_read:\n    - '~/notes/\\[ab\\]\\*.md'\n");
  expect((await perms(world, 'can', 'weather', 'fs_read', '~/notes/[ab]*.md')).code).toBe(0);
  expect((await perms(world, 'can', 'weather', 'fs_read', '~/notes/ax.md')).code).toBe(1);
});

test('an entry that does nothing, since its variable is not set, is told of', async () => {
  const world = await tunedWorld();
  const { code, stdout, stderr } = await perms(world, 'allow', 'weather', 'fs_read', '$NOWHERE/x');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `${NOTE}axium: warning: ~/axium/config/permissions.yaml:3:7: fs_read '$NOWHERE/x' is left out: the variable NOWHERE is not set\n`,
  });
  expect(stdout).toContain('No rights change.\n');
});

test('where another rule has the last word, that is said', async () => {
  const world = await tunedWorld('"*":\n  deny:\n    fs_read: [~/notes/**]\n');
  const { code, stderr } = await perms(world, 'allow', 'weather', 'fs_read', '~/notes/todo.md');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `${NOTE}axium: what counts is still deny: denied by fs_read: ~/notes/** (~/axium/config/permissions.yaml:3:15)\n`,
  });
});

test.each([
  ['a spoke that is not there', ['allow', 'wether', 'notify'], 1, "axium: spoke 'wether' not found; "],
  [
    'an action that there is not',
    ['allow', 'weather', 'fs_raed', '/x'],
    64,
    "axium: 'fs_raed': expected an action, one of notify, ",
  ],
  ['no path', ['allow', 'weather', 'fs_read'], 64, 'axium: fs_read: expected a path or a pattern'],
  [
    'a path that is none',
    ['allow', 'weather', 'fs_read', 'notes'],
    65,
    'axium: nothing was changed, since this would not be valid:\n',
  ],
  [
    'two ends',
    ['allow', 'weather', 'fs_read', '/x', '--for', '1h', '--until', '2999-01-01'],
    64,
    'axium: expected one of --for and --until',
  ],
  [
    'an end that is over',
    ['allow', 'weather', 'fs_read', '/x', '--until', '2001-01-01'],
    64,
    'axium: --until: expected a moment to come',
  ],
])('%s is refused, and nothing is changed', async (_what, words, code, message) => {
  const world = await tunedWorld(FILE);
  const outcome = await perms(world, ...words);
  expect({ code: outcome.code, begins: outcome.stderr.startsWith(message) }).toEqual({ code, begins: true });
  expect(await textOf(world)).toBe(FILE);
});

test('a broken file is not changed by a command', async () => {
  const world = await tunedWorld('weather:\n  notfy: true\n');
  const { code, stderr } = await perms(world, 'deny', 'weather', 'notify');
  expect(code).toBe(65);
  expect(stderr).toContain("so it cannot be changed by a command; mend it with 'axium perms edit'\n");
  expect(stderr).toContain("permissions.yaml:2:3: unknown key 'notfy'; did you mean 'notify'?");
});

test('two changes at once are made one after the other, and none is lost', async () => {
  const world = await tunedWorld(FILE);
  const outcomes = await Promise.all(
    ['a', 'b', 'c'].map((name) => perms(world, 'allow', 'weather', 'fs_read', `~/notes/${name}`)),
  );
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  const lines = (await textOf(world)).split('\n').slice(4, -1).toSorted();
  expect(lines).toEqual(['    - ~/notes/a', '    - ~/notes/b', '    - ~/notes/c']);
});

test('a daemon that has not taken a change is told of, with what it says', async () => {
  const world = await tunedWorld(FILE);
  const problems = ['permissions.yaml:1:1: somebody else broke it'];
  await answerControl(world, { perms_load: { sha256: sha256(FILE), strict: false, problems } });
  const { code, stdout, stderr } = await perms(world, 'deny', 'weather', 'notify');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    'axium: permissions.yaml is saved, and the daemon has not taken it:\n  permissions.yaml:1:1: somebody else broke it\n',
  );
});

test('with a daemon a change counts once the command has ended', async () => {
  const world = await tunedWorld(null);
  endDaemonAfterwards(world);
  expect((await axium(world, 'daemon', 'start')).code).toBe(0);
  const can = async () => (await perms(world, 'can', 'weather', 'fs_read', '~/notes/todo.md')).code;
  expect(await can()).toBe(1);
  const allowed = await perms(world, 'allow', 'weather', 'fs_read', '~/notes/todo.md');
  expect({ code: allowed.code, stderr: allowed.stderr }).toEqual({ code: 0, stderr: '' });
  expect(await can()).toBe(0);
  expect((await perms(world, 'undo')).code).toBe(0);
  expect(await can()).toBe(1);
});
