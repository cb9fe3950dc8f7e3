import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { CODES } from '../../schemas/codes.ts';
import { axium, makeWorld } from './support/cli.ts';
import { answerControl, Refused } from './support/control-server.ts';

const EXPECTED = {
  denied: 77,
  identity: 77,
  invalid: 64,
  invalid_file: 78,
  unknown_command: 64,
  too_large: 64,
  not_found: 1,
  exists: 1,
  failed: 1,
  quota: 1,
  busy: 75,
  timeout: 75,
  unavailable: 69,
  internal: 70,
  'a code of a later version': 70,
};

test.each(Object.entries(EXPECTED))(
  'a failure %s of the daemon ends with %d, its further lines below the first',
  async (code, exit) => {
    const world = await makeWorld();
    await answerControl(world, {
      ping: () => {
        throw new Refused(code, 'some reason\nof two lines; do this');
      },
    });
    expect(await axium(world, 'ping')).toEqual({
      code: exit,
      stdout: '',
      stderr: 'axium: some reason\n  of two lines; do this\n',
    });
  },
);

test('every code of the wire has an exit code', () => {
  expect(Object.keys(EXPECTED)).toEqual(expect.arrayContaining(Object.keys(CODES)));
});

const NEEDS_DAEMON = [
  ['ping'],
  ['notify', 'drain'],
  ['notify', 'send', '--title', 'x'],
  ['spoke', 'list'],
  ['spoke', 'reload'],
  ['spoke', 'logs', 'x'],
  ['hud'],
  ['jobs', 'list'],
  ['jobs', 'logs', 'x'],
  ['jobs', 'kill', 'x'],
  ['audit', 'head'],
];

test.each(NEEDS_DAEMON.map((words) => [words]))(
  '%j without a daemon ends with 69 and says how to start one',
  async (words) => {
    const world = await makeWorld();
    expect(await axium(world, ...words)).toEqual({
      code: 69,
      stdout: '',
      stderr: "axium: the daemon is not running; start it with 'axium daemon start'\n",
    });
  },
);

test('a socket that a dead daemon left behind counts as none', async () => {
  const world = await makeWorld();
  // Nobody listens on a name that is not a socket either: the kernel says the same of both.
  await writeFile(`${world.axium}/run/axiumd.sock`, '');
  expect((await axium(world, 'ping')).code).toBe(69);
});

test.each([
  ['closes without a word', '', 69, 'the daemon closed the connection without an answer'],
  ['answers with something else', 'HTTP/1.1 400 Bad Request\r\n', 70, 'not the daemon of this version'],
  ['answers with JSON of another shape', '[1]\n', 70, 'not the daemon of this version'],
])('a peer that %s is told of in one line', async (_what, answer, exit, words) => {
  const world = await makeWorld();
  const server = createServer((socket) => {
    socket.on('error', () => {}).on('data', () => socket.end(answer));
  }).listen(`${world.axium}/run/axiumd.sock`);
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { code, stderr } = await axium(world, 'ping');
  expect(code).toBe(exit);
  expect(stderr).toMatch(new RegExp(`^axium: .*${words}.*\n$`));
});

test('a place that cannot be opened is named in one line and ends with 70 or 77, not with a stack', async () => {
  const world = await makeWorld();
  await mkdir(`${world.axium}/state/daemon.log`);
  const { code, stderr } = await axium(world, 'daemon', 'logs');
  expect(code).toBe(70);
  expect(stderr).toMatch(/^axium: EISDIR.*\n$/);
});
