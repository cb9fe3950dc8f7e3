import { rename, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EXPECTED, hostBeside } from '../hostile/support/beside.ts';

test('a daemon that was stopped for 10 s under load goes on, and ends no spoke for it', async () => {
  const { daemon, answers, states } = await hostBeside(['hud', 'denied']);
  // Answered once every spoke is ready.
  await daemon.ask({ cmd: 'spoke_reload' });
  daemon.child.kill('SIGSTOP');
  await pause(10_000);
  daemon.child.kill('SIGCONT');
  expect(await answers()).toMatchObject(EXPECTED);
  expect(await states()).toMatchObject({ hud: 'ready', denied: 'ready' });
});

test('logs that are renamed or removed under load lose no answer', async () => {
  const { home, answers } = await hostBeside(['denied']);
  await rename(home.places.auditLog, `${home.root}/moved`);
  await rm(home.places.securityLog);
  expect(await answers()).toMatchObject(EXPECTED);
  expect((await home.records()).filter((record) => record.type === 'decision')).not.toEqual([]);
  expect(await home.securityLines()).not.toEqual([]);
});
