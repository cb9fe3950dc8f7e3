import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import type { QueuedNotification } from '../../schemas/control-shown.ts';
import { axium, makeWorld, PACKAGE } from './support/cli.ts';
import { answerControl, Refused } from './support/control-server.ts';
import { endDaemonAfterwards } from './support/real-daemon.ts';

const EXPIRED: QueuedNotification = {
  id: 'a',
  time: '2025-10-07T16:30:00.000Z',
  source: 'creds',
  title: 'Credentials expired',
  body: "Run: aws sso login or 'axium creds refresh'",
  level: 'warning',
  count: 1,
};
const UPDATE: QueuedNotification = {
  id: 'b',
  time: '2025-10-07T16:31:15.999Z',
  source: 'system',
  title: 'Update available',
  body: 'Run: axium update',
  level: 'info',
  count: 1,
};

test('notify drain prints the documented blocks and acknowledges the lease after that', async () => {
  const world = await makeWorld();
  const requests = await answerControl(world, {
    notify_lease: { lease: 'l1', notifications: [EXPIRED, UPDATE] },
    notify_ack: { acknowledged: 2 },
  });
  expect(await axium(world, 'notify', 'drain')).toEqual({
    code: 0,
    stderr: '',
    stdout: `Queued Notifications (2):

[2025-10-07 16:30:00] creds: Credentials expired
  Run: aws sso login or 'axium creds refresh'

[2025-10-07 16:31:15] system: Update available
  Run: axium update
`,
  });
  expect(requests).toEqual([{ cmd: 'notify_lease' }, { cmd: 'notify_ack', lease: 'l1' }]);
});

test('notify drain shows local time', async () => {
  const world = await makeWorld({ TZ: 'Asia/Kolkata' });
  await answerControl(world, {
    notify_lease: { lease: 'l1', notifications: [EXPIRED] },
    notify_ack: { acknowledged: 1 },
  });
  const { stdout } = await axium(world, 'notify', 'drain');
  expect(stdout).toContain('[2025-10-07 22:00:00] creds:');
});

test('every line of a body is indented by two, and no body is no line', async () => {
  const world = await makeWorld();
  const notifications = [
    { ...EXPIRED, body: 'one\n\n  three\n' },
    { ...EXPIRED, body: '' },
    { ...EXPIRED, body: 'four' },
  ];
  await answerControl(world, {
    notify_lease: { lease: 'l1', notifications },
    notify_ack: { acknowledged: 3 },
  });
  const { stdout } = await axium(world, 'notify', 'drain');
  const head = '[2025-10-07 16:30:00] creds: Credentials expired';
  expect(stdout).toBe(
    `Queued Notifications (3):\n\n${head}\n  one\n  \n    three\n\n${head}\n\n${head}\n  four\n`,
  );
});

test('notify drain says so when nothing is queued, and acknowledges nothing', async () => {
  const world = await makeWorld();
  const requests = await answerControl(world, { notify_lease: { lease: null, notifications: [] } });
  expect(await axium(world, 'notify', 'drain')).toEqual({
    code: 0,
    stderr: '',
    stdout: 'No queued notifications\n',
  });
  expect(requests).toEqual([{ cmd: 'notify_lease' }]);
});

test('notify drain --json prints an array, an empty one too', async () => {
  const full = await makeWorld();
  await answerControl(full, {
    notify_lease: { lease: 'l1', notifications: [EXPIRED] },
    notify_ack: { acknowledged: 1 },
  });
  expect(JSON.parse((await axium(full, 'notify', 'drain', '--json')).stdout)).toEqual([EXPIRED]);
  const empty = await makeWorld();
  await answerControl(empty, { notify_lease: { lease: null, notifications: [] } });
  expect((await axium(empty, 'notify', 'drain', '--json')).stdout).toBe('[]\n');
});

test('a lease that could not be acknowledged is told after the notifications were printed', async () => {
  const world = await makeWorld();
  await answerControl(world, {
    notify_lease: { lease: 'l1', notifications: [UPDATE] },
    notify_ack: () => {
      throw new Refused('not_found', 'this lease has run out');
    },
  });
  const { code, stdout, stderr } = await axium(world, 'notify', 'drain');
  expect(stdout).toContain('Update available');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'axium: what was printed stays queued and will come again: this lease has run out\n',
  });
});

test('notify send prints the documented lines and sends what was given', async () => {
  const world = await makeWorld();
  const requests = await answerControl(world, { notify: { notification: 'n1' } });
  expect(await axium(world, 'notify', 'send', '--title', 'Test', '--body', 'Hello world')).toEqual({
    code: 0,
    stderr: '',
    stdout: '✓ Notification sent\n\nView with: axium notify drain\n',
  });
  await axium(world, 'notify', 'send', '--title', 'Bare', '--level', 'error');
  expect(requests).toEqual([
    { cmd: 'notify', title: 'Test', body: 'Hello world', level: 'info' },
    { cmd: 'notify', title: 'Bare', body: '', level: 'error' },
  ]);
});

test('what was said several times is told with how often', async () => {
  const world = await makeWorld();
  await answerControl(world, {
    notify_lease: { lease: 'l1', notifications: [{ ...EXPIRED, body: '', count: 3 }] },
    notify_ack: { acknowledged: 1 },
  });
  expect((await axium(world, 'notify', 'drain')).stdout).toBe(
    'Queued Notifications (1):\n\n[2025-10-07 16:30:00] creds: Credentials expired (3 times)\n',
  );
});

test('notify drain --peek prints what is queued and takes nothing', async () => {
  const world = await makeWorld();
  const requests = await answerControl(world, { notify_peek: { notifications: [UPDATE] } });
  const { code, stdout } = await axium(world, 'notify', 'drain', '--peek');
  expect([code, stdout]).toEqual([
    0,
    'Queued Notifications (1):\n\n[2025-10-07 16:31:15] system: Update available\n  Run: axium update\n',
  ]);
  expect(requests).toEqual([{ cmd: 'notify_peek' }]);
});

test('notify drain --peek --follow is refused', async () => {
  const { code, stderr } = await axium(await makeWorld(), 'notify', 'drain', '--peek', '--follow');
  expect([code, stderr]).toEqual([64, expect.stringContaining('expected one of the two')]);
});

test('notify drain --follow prints what comes as it comes, and leaves nothing behind in the queue', async () => {
  const world = await makeWorld();
  endDaemonAfterwards(world);
  await axium(world, 'daemon', 'start');
  await axium(world, 'notify', 'send', '--title', 'one');
  const child = spawn(
    process.execPath,
    [`${PACKAGE}/dist/cli/axium.cjs`, 'notify', 'drain', '-f', '--json'],
    {
      env: { ...world.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => {
    child.kill();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const title = async () => JSON.parse((await lines.next()).value).title;
  expect(await title()).toBe('one');
  await axium(world, 'notify', 'send', '--title', 'two');
  expect(await title()).toBe('two');
  // The third is printed after the second was acknowledged.
  await axium(world, 'notify', 'send', '--title', 'three');
  expect(await title()).toBe('three');
  const { stdout } = await axium(world, 'notify', 'drain', '--peek', '--json');
  expect(JSON.parse(stdout).map((left: { title: string }) => left.title)).not.toContain('two');
});
