import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { makeWorld, PACKAGE, type World } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

/** Runs a command whose reader closes the pipe at once, and returns how it ended and what it said on stderr. */
async function withClosedReader({ env }: World, ...words: readonly string[]) {
  const child = spawn(process.execPath, [`${PACKAGE}/dist/cli/main.js`, ...words], {
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
