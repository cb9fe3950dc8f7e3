import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { makeWorld, PACKAGE, type World } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

/** Runs a command whose reader closes the pipe at once, and returns how it ended and what it said on stderr. */
async function withClosedReader({ env }: World, ...words: readonly string[]) {
  const child = spawn(process.execPath, [`${PACKAGE}/dist/cli/axium.cjs`, ...words], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill();
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stderr };
}

const QUIETLY = { code: 0, signal: null, stderr: '' };
const LONG = 'one line of a log that is longer than any pipe holds\n'.repeat(20_000);

test('a command whose reader has seen enough ends quietly', async () => {
  const world = await makeWorld();
  await answerControl(world, { spoke_logs: { text: LONG } });
  expect(await withClosedReader(world, 'spoke', 'logs', 'x')).toEqual(QUIETLY);
  expect(await withClosedReader(world, 'version')).toEqual(QUIETLY);
  expect(await withClosedReader(world, '--help')).toEqual(QUIETLY);
});

test('a reader who is slow gets everything, where the pipe does not wait either', async () => {
  const world = await makeWorld();
  await answerControl(world, { spoke_logs: { text: LONG } });
  const path = `${world.home}/pipe`;
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(pipe));
  const child = spawn(process.execPath, [`${PACKAGE}/dist/cli/axium.cjs`, 'spoke', 'logs', 'x'], {
    env: { ...world.env },
    stdio: ['ignore', pipe, 'inherit'],
  });
  onTestFinished(() => {
    child.kill();
  });
  const exited = once(child, 'exit');
  let text = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    text += chunk;
    if (text.length >= LONG.length) break;
  }
  expect(text === LONG).toBe(true);
  expect(await exited).toEqual([0, null]);
});

test('notifications that nobody read are not acknowledged', async () => {
  const world = await makeWorld();
  const notification = {
    id: '1',
    time: '2025-10-07T16:30:00Z',
    source: 'x',
    title: 'lost?',
    body: LONG,
    level: 'info' as const,
    count: 1,
  };
  const requests = await answerControl(world, {
    notify_lease: { lease: 'l1', notifications: [notification] },
    notify_ack: { acknowledged: 1 },
  });
  expect(await withClosedReader(world, 'notify', 'drain')).toEqual(QUIETLY);
  expect(requests).toEqual([{ cmd: 'notify_lease' }]);
});

test('following a log ends quietly once its reader is gone', async () => {
  const world = await makeWorld();
  await writeFile(`${world.axium}/state/daemon.log`, '{"time":1,"level":30,"msg":"one"}\n');
  expect(await withClosedReader(world, 'daemon', 'logs', '--follow')).toEqual(QUIETLY);
});
