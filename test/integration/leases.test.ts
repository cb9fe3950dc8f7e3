import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon } from './support/hosted-daemon.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/axium.cjs', import.meta.url));

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async () => {
  home = await makeAxiumHome();
  daemon = await hostDaemon(home);
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

/** As a crash does it; the next one is there when this settles. */
async function killAndStartAnew(): Promise<void> {
  await daemon.end('SIGKILL');
  daemon = await hostDaemon(home);
}

test('what was leased before the daemon was killed is committed to the next one, once, however often it is said', async () => {
  await daemon.ask({ cmd: 'notify', title: 'held' });
  const { lease } = await daemon.ask({ cmd: 'notify_lease' });
  await daemon.ask({ cmd: 'notify', title: 'free' });
  await killAndStartAnew();
  expect(await daemon.ask({ cmd: 'notify_ack', lease })).toMatchObject({ ok: true, acknowledged: 1 });
  await killAndStartAnew();
  expect(await daemon.ask({ cmd: 'notify_ack', lease })).toMatchObject({ ok: true, acknowledged: 1 });
  expect(await daemon.ask({ cmd: 'notify_drain' })).toMatchObject({ notifications: [{ title: 'free' }] });
});

test('a drainer that is alive when the daemon is killed commits what it printed to the next one', async () => {
  // More than a pipe holds, so that the drainer cannot have acknowledged before all of it is read.
  const body = 'x'.repeat(4000);
  for (let n = 0; n < 50; n += 1) await daemon.ask({ cmd: 'notify', title: `${n}`, body });
  const drainer = spawn(process.execPath, [CLI, 'notify', 'drain', '--json'], {
    env: { ...home.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void drainer.kill());
  const exited = once(drainer, 'close');
  await once(drainer.stdout, 'readable');
  await daemon.end('SIGKILL');
  let [text, said] = ['', ''];
  drainer.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  drainer.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  daemon = await hostDaemon(home);
  expect([await exited, said]).toEqual([[0, null], '']);
  expect((JSON.parse(text) as unknown[]).length).toBe(50);
  expect(await daemon.ask({ cmd: 'notify_peek' })).toMatchObject({ notifications: [] });
});
