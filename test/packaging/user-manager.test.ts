import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, type TestContext, test } from 'vitest';
import { PACKAGE } from '../cli/support/cli.ts';
import { isRoot } from '../executor/support/executor-world.ts';
import { askControl } from '../integration/support/hosted-daemon.ts';
import { type Owner, type UserManager, userManager } from './support/user-manager.ts';

const OWN: Owner = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
/** Nobody's, of which nothing else is started here. */
const OTHER: Owner = [65_534, 65_534];

const mainPid = async ({ property }: UserManager) => Number(await property('MainPID'));

const ping = ({ places }: UserManager) => askControl(places.socket, { cmd: 'ping' });

/** Settles with the daemon that has taken the place of another, once it has said that it is ready. */
async function successorOf(manager: UserManager, pid: number): Promise<number> {
  for (;;) {
    const now = await mainPid(manager);
    const isReady = now !== pid && now !== 0 && (await manager.property('ActiveState')) === 'active';
    if (isReady) return now;
    await pause(50);
  }
}

/** Skips where another user can run neither this Node nor this package. */
function needsOther({ skip }: TestContext): void {
  if (!isRoot) skip('only root can start the systemd of another user');
  const look = `require('node:fs').readFileSync(${JSON.stringify(`${PACKAGE}/dist/core/main.js`)})`;
  try {
    execFileSync(process.execPath, ['-e', look], { uid: OTHER[0], gid: OTHER[1], cwd: '/', stdio: 'ignore' });
  } catch {
    skip('another user can run neither this Node nor this package');
  }
}

describe.each([
  { whose: 'its own', owner: OWN, needs: () => {} },
  { whose: "another user's", owner: OTHER, needs: needsOther },
])('with a systemd of a user, $whose', ({ owner, needs }) => {
  test('the unit has started once the daemon is ready, starts again after a crash, and stops', async (context) => {
    needs(context);
    const manager = await userManager(context, owner);
    await manager.systemctl('start', 'axiumd.service');
    const first = await mainPid(manager);
    expect(await ping(manager)).toMatchObject({ ok: true, pid: first });
    process.kill(first, 'SIGKILL');
    const second = await successorOf(manager, first);
    expect(await ping(manager)).toMatchObject({ ok: true, pid: second });
    expect(await manager.property('NRestarts')).toBe('1');
    await manager.systemctl('stop', 'axiumd.service');
    expect(await manager.property('ActiveState')).toBe('inactive');
    // It ended by itself, and was not killed.
    expect(await manager.property('Result')).toBe('success');
    await expect(ping(manager)).rejects.toThrow();
  }, 120_000);

  test('a daemon that stands still is ended by the watchdog, and started again', async (context) => {
    needs(context);
    const manager = await userManager(context, owner, '[Service]\nWatchdogSec=10\nTimeoutAbortSec=1\n');
    await manager.systemctl('start', 'axiumd.service');
    const first = await mainPid(manager);
    process.kill(first, 'SIGSTOP');
    const second = await successorOf(manager, first);
    expect(await ping(manager)).toMatchObject({ ok: true, pid: second });
    expect(await manager.property('NRestarts')).toBe('1');
  }, 120_000);
});
