import { expect, onTestFinished, test } from 'vitest';
import { crowd } from '../hostile/support/crowd.ts';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { hostDaemon, runCli } from '../integration/support/hosted-daemon.ts';

test('the owner gets an answer beside 3,000 clients that say nothing', async () => {
  const home = await makeAxiumHome();
  onTestFinished(() => home.remove());
  const daemon = await hostDaemon(home);
  onTestFinished(() => daemon.end());
  await crowd(home.places.socket, 3000, () => {});
  for (const args of [['status'], ['spoke', 'list'], ['notify', 'send', '--title', 'here']]) {
    expect(await runCli(home, args)).toMatchObject({ code: 0 });
  }
});
