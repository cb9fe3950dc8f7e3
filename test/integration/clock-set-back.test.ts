import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { askingCode, makeAxiumHome } from './support/axium-home.ts';
import { hostDaemon, runCli } from './support/hosted-daemon.ts';

test('what had expired when the daemon last ran has expired, though the clock was set back; its user can undo that', async () => {
  const home = await makeAxiumHome();
  onTestFinished(home.remove);
  const { latestTime, state } = home.places;
  const latest = '2090-01-01T00:00:00.000Z';
  const sha256 = createHash('sha256').update(latest).digest('hex');
  await mkdir(state, { recursive: true, mode: 0o700 });
  await writeFile(latestTime, JSON.stringify({ v: 1, sha256, latest }), { mode: 0o600 });
  await home.put('granted', 'x');
  const read = { cmd: 'fs_read', path: '~/granted' };
  await home.addSpoke('reader', '', askingCode([read]));
  await home.permissions('reader:\n  fs_read: [{path: ~/granted, expires: 2080-01-01T00:00:00Z}]\n');
  const first = await hostDaemon(home);
  expect(await first.answersOf('reader')).toMatchObject([{ ok: false, code: 'denied' }]);
  const { stdout } = await runCli(home, ['status']);
  expect(stdout).toContain(`note: the clock was set back: what expires is judged by ${latest}`);
  await first.end();
  await rm(latestTime);
  await rm(home.places.storage, { recursive: true });
  const second = await hostDaemon(home);
  onTestFinished(() => second.end());
  await second.record(
    (entry) => entry.type === 'decision' && entry.action === 'fs_read' && entry.effect === 'allow',
  );
});
