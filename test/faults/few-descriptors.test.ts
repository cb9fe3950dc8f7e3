import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { hostDaemon } from '../integration/support/hosted-daemon.ts';

const PRLIMIT = '/usr/bin/prlimit';

/** Asks for everything that takes a descriptor, and tells how each round went. */
const ASKING = `export function register(axium) {
  const ask = (request) => axium.sendRequest(request).then(({ ok, code }) => (ok ? 'ok' : code));
  const round = async (n) => {
    const answers = await Promise.all([
      ask({ cmd: 'fs_read', path: '~/mine' }),
      ask({ cmd: 'fs_read', path: '/etc/passwd' }),
      ask({ cmd: 'fs_write', path: '~/written/' + n, data: 'x' }),
      ask({ cmd: 'daemon_exec', command: ['true'], mode: 'wait' }),
      ask({ cmd: 'notify', title: 'round ' + n }),
    ]);
    await axium.hud(answers.join(' '));
    setTimeout(() => round(n + 1), 20);
  };
  void round(1);
}
`;

const ALL_WELL = 'ok denied ok ok ok';

test('a daemon that is out of descriptors ends for nothing, allows nothing more, and goes on once it has some', async (context) => {
  if (!existsSync(PRLIMIT)) context.skip(`${PRLIMIT} is not installed`);
  const home = await makeAxiumHome();
  onTestFinished(home.remove);
  await home.put('mine', 'x');
  await files.mkdir(`${home.home}/written`);
  const permissions =
    'permissions:\n  exec: true\n  notify: true\n  fs_read: [~/mine]\n  fs_write: [~/written/*]\n';
  await home.addSpoke('asking', permissions, ASKING);
  const daemon = await hostDaemon(home);
  onTestFinished(() => daemon.end());
  const pid = daemon.child.pid ?? 0;
  const limit = (soft: number) => promisify(execFile)(PRLIMIT, ['--pid', `${pid}`, `--nofile=${soft}:`]);
  const said = async () => ((await daemon.ask({ cmd: 'hud' })).segments as { value: string }[])[0]?.value;
  const until = async (what: (value: string) => boolean) => {
    while (!what((await said()) ?? '')) await pause();
  };
  await until((value) => value === ALL_WELL);
  const before = (await files.readdir(`/proc/${pid}/fd`)).length;
  // What it has stays open, and there is room for one caller.
  await limit(before + 1);
  const answered = await decisions();
  const sockets: Socket[] = [];
  for (let n = 0; n < 50; n += 1) {
    const socket = connect(home.places.socket).on('error', () => {});
    sockets.push(socket);
  }
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
  // It goes on to decide, and nothing forbidden is let through for want of a descriptor.
  while ((await decisions()) < answered + 25) await pause();
  for (const socket of sockets) socket.destroy();
  await limit(1024);
  await until((value) => value === ALL_WELL);
  expect(daemon.child.exitCode).toBeNull();
  const records = (await home.records()).filter((record) => record.type === 'decision');
  expect(records.filter(({ resource, effect }) => resource === '/etc/passwd' && effect !== 'deny')).toEqual(
    [],
  );
  expect(await verifyChain(readLog(files, home.places.auditLog))).toMatchObject({ ok: true });
  // Nothing that was refused keeps a descriptor.
  let now = Number.POSITIVE_INFINITY;
  for (let looks = 0; looks < 200 && now > before + 8; looks += 1) {
    now = (await files.readdir(`/proc/${pid}/fd`)).length;
    await pause();
  }
  expect(now).toBeLessThanOrEqual(before + 8);

  async function decisions(): Promise<number> {
    return (await home.records()).filter((record) => record.type === 'decision').length;
  }
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
