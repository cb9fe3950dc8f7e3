import { symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld } from './support/cli.ts';
import { answerControl, Refused } from './support/control-server.ts';
import { tunedWorld } from './support/tuned-world.ts';

const NOTE = 'axium: the daemon is not running; this is what the files say\n';

const DENIED = `weather:
  fs_read: [~/notes/**]
  deny:
    fs_read: [{path: "~/notes/t*", reason: mine}]
`;

test('perms can says no with the rule that decides and every other that matches, and ends with 1', async () => {
  const world = await tunedWorld(DENIED);
  expect(await axium(world, 'perms', 'can', 'weather', 'fs_read', '~/notes/todo.md')).toEqual({
    code: 1,
    stdout: `no: denied by fs_read: ~/notes/t*
  decides  ~/axium/config/permissions.yaml:4:15  deny fs_read: ~/notes/t* (override): mine
  matches  ~/axium/config/permissions.yaml:2:13  allow fs_read: ~/notes/** (override)
`,
    stderr: NOTE,
  });
});

test('perms can says yes with the rule, and ends with 0', async () => {
  const world = await tunedWorld();
  const yes = `yes: allowed by fs_read: ~/notes/*.txt
  decides  ~/axium/config/spokes/weather/spoke.yaml:7:7  allow fs_read: ~/notes/*.txt (base)
`;
  const asked = await axium(world, 'perms', 'can', 'weather', 'fs_read', '~/notes/a.txt');
  expect(asked).toEqual({ code: 0, stdout: yes, stderr: NOTE });
});

test('what a link really leads to is what is decided on, and is told', async () => {
  const world = await tunedWorld();
  await symlink(`${world.home}/notes/todo.md`, `${world.home}/notes/link.txt`);
  const { code, stdout } = await axium(world, 'perms', 'can', 'weather', 'fs_read', '~/notes/link.txt');
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: 'no: no rule allows it\n  really   ~/notes/todo.md\n',
  });
});

test('a command is one word of the shell, and an action about nothing takes none', async () => {
  const world = await tunedWorld('weather:\n  exec: [git log ...]\n');
  const command = await axium(world, 'perms', 'can', 'weather', 'exec', 'git log -3');
  expect(command.stdout.split('\n')[0]).toBe('yes: allowed by exec: git log ...');
  expect((await axium(world, 'perms', 'can', 'weather', 'notify')).code).toBe(0);
});

test.each([
  [['weather', 'fs_raed', '/x'], "'fs_raed': expected an action, one of notify, exec, "],
  [['weather', 'fs_read'], 'fs_read: expected a path'],
  [['weather', 'exec'], "exec: expected a command in quotes, like 'git log'"],
  [['weather', 'notify', 'x'], "notify: expected nothing further; found 'x'"],
  [['weather', 'fs_read', 'notes'], "path: expected an absolute path or one that begins with '~/'"],
])('perms can %j is a usage error', async (words, message) => {
  const { code, stderr } = await axium(await tunedWorld(), 'perms', 'can', ...words);
  expect(code).toBe(64);
  expect(stderr).toContain(`axium: ${message}`);
});

test('a daemon is asked where one runs, since what is in force is what answers', async () => {
  const world = await makeWorld();
  const answer = {
    spoke: 'weather',
    action: 'exec',
    resource: 'git log',
    target: '["/usr/bin/git","log"]',
    effect: 'ask',
    reason: 'a person is asked because of exec: ask',
    rule: null,
    others: [],
    policy: 'x',
  } as const;
  const requests = await answerControl(world, { perms_can: answer });
  expect(await axium(world, 'perms', 'can', 'weather', 'exec', 'git log')).toEqual({
    code: 1,
    stdout: 'ask: a person is asked because of exec: ask\n  really   /usr/bin/git log\n',
    stderr: '',
  });
  expect(requests).toEqual([{ cmd: 'perms_can', spoke: 'weather', action: 'exec', resource: 'git log' }]);
  const json = await axium(world, 'perms', 'can', 'weather', 'exec', 'git log', '--json');
  expect({ code: json.code, answer: JSON.parse(json.stdout) }).toEqual({ code: 1, answer });
});

test('a spoke that is not there is said to be so, with a daemon and without', async () => {
  const world = await tunedWorld();
  const without = await axium(world, 'perms', 'can', 'nosuch', 'notify');
  await answerControl(world, {
    perms_can: () => {
      throw new Refused('not_found', "spoke 'nosuch' not found");
    },
  });
  const withOne = await axium(world, 'perms', 'can', 'nosuch', 'notify');
  for (const { code, stderr } of [without, withOne]) {
    expect({ code, said: stderr.includes("axium: spoke 'nosuch' not found; ") }).toEqual({
      code: 1,
      said: true,
    });
  }
});

test('a file that fails what it expects of itself answers nothing, like a broken one', async () => {
  const world = await tunedWorld();
  await writeFile(
    `${world.axium}/config/permissions.yaml`,
    'expect:\n  - {spoke: weather, action: notify, effect: deny}\n',
  );
  const { code, stderr } = await axium(world, 'perms', 'can', 'weather', 'notify');
  expect(code).toBe(78);
  expect(stderr).toMatch(/permissions\.yaml:2:5: expected deny of weather notify; found allow: /);
});
