import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import { takeSnapshot } from '../chaos/package-snapshot.ts';
import { askOf, startDaemon } from '../damage/start-daemon.ts';
import { makeAxiumHome } from '../integration/support/axium-home.ts';

const STOPPED_MS = 10_000;

/** Counts what it asks and what it is answered, and stores that. */
const STEADY = `export async function register(axium) {
  let asked = 0;
  let answered = 0;
  setInterval(async () => {
    asked += 1;
    const { ok } = await axium.sendRequest({ cmd: 'storage_put', key: 'counts', value: JSON.stringify({ asked, answered }) });
    if (ok) answered += 1;
  }, 20);
}
`;

async function busyDaemon() {
  const snapshot = await takeSnapshot();
  onTestFinished(snapshot.remove);
  const home = await makeAxiumHome();
  onTestFinished(home.remove);
  for (const name of ['one', 'two']) await home.addSpoke(name, 'permissions: {}\n', STEADY);
  const daemon = await startDaemon(snapshot, home.env);
  onTestFinished(async () => {
    await daemon.end();
  });
  expect(daemon.ready.ok).toBe(true);
  const spokes = async () =>
    (await askOf(home.places, { cmd: 'spoke_list' })).spokes as readonly {
      name: string;
      state: string;
      pid: number;
    }[];
  const ready = async () => {
    while (!(await spokes()).every(({ state }) => state === 'ready')) await pause(50);
  };
  const decisions = async () => (await home.records()).filter(({ type }) => type === 'decision').length;
  await ready();
  return { home, daemon, spokes, ready, decisions };
}

test('a daemon that was stopped for ten seconds goes on with the same spokes and forgets nothing', async () => {
  const { home, daemon, spokes, ready, decisions } = await busyDaemon();
  expect(await askOf(home.places, { cmd: 'notify', title: 'before' })).toMatchObject({ ok: true });
  const before = (await spokes()).map(({ pid }) => pid);
  process.kill(daemon.pid, 'SIGSTOP');
  await pause(STOPPED_MS);
  const count = await decisions();
  process.kill(daemon.pid, 'SIGCONT');
  while ((await decisions()) < count + 20) await pause(50);
  await ready();
  expect((await spokes()).map(({ pid }) => pid)).toEqual(before);
  const { notifications } = await askOf(home.places, { cmd: 'notify_peek' });
  expect(notifications).toMatchObject([{ title: 'before' }]);
  expect(await verifyChain(readLog(files, home.places.auditLog))).toMatchObject({ ok: true });
});

test('logs that are renamed, removed and cut under load: the daemon goes on in files of their names, and says so in the chain', async () => {
  const { home, decisions } = await busyDaemon();
  const { auditLog, securityLog, notifications } = home.places;
  const renamed = `${auditLog}.000000000000`;
  const touches = [
    () => renameSync(auditLog, renamed),
    () => rmSync(securityLog),
    () => truncateSync(securityLog),
    () => rmSync(notifications),
    () => renameSync(notifications, `${notifications}.old`),
  ];
  for (const [n, touch] of touches.entries()) {
    expect(await askOf(home.places, { cmd: 'notify', title: `${n}` })).toMatchObject({ ok: true });
    touch();
    const count = await decisions();
    while ((await decisions()) < count + 10) await pause(20);
  }
  expect(await askOf(home.places, { cmd: 'notify', title: 'last' })).toMatchObject({ ok: true });
  const peeked = (await askOf(home.places, { cmd: 'notify_peek' })).notifications as { title: string }[];
  expect(peeked.map(({ title }) => title)).toEqual(['0', '1', '2', '3', '4', 'last']);
  const verdict = await verifyChain(readLog(files, auditLog));
  expect(verdict).toMatchObject({
    ok: true,
    notes: [expect.stringContaining('the file had been moved, removed or cut by somebody else')],
  });
  expect((await home.securityLines()).length).toBeGreaterThan(0);
});

test('a socket and a lock that a dead daemon left keep nobody from starting, whatever is in them', async () => {
  const snapshot = await takeSnapshot();
  onTestFinished(snapshot.remove);
  const home = await makeAxiumHome();
  onTestFinished(home.remove);
  for (const lock of [
    '',
    'garbage',
    '{"pid":1,"began":""}',
    '{"pid":99999999,"began":"x:1"}',
    `{"pid":${process.pid},"began":"x:1"}`,
  ]) {
    const first = await startDaemon(snapshot, home.env);
    expect(first.ready.ok).toBe(true);
    process.kill(first.pid, 'SIGKILL');
    await first.end();
    writeFileSync(home.places.lock, lock);
    const second = await startDaemon(snapshot, home.env);
    expect([lock, second.ready.ok]).toEqual([lock, true]);
    expect(await askOf(home.places, { cmd: 'ping' })).toMatchObject({ pid: second.pid });
    await second.end();
  }
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
