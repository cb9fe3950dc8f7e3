import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { withDaemon } from '../integration/support/hosted-daemon.ts';
import { startStandIn } from './support/stand-in.ts';

/** Any free port, so that another inspector on the usual one hides nothing. */
const ANY_PORT = { NODE_OPTIONS: '--inspect-port=0' };
const LISTENING = '0A';

/** Whether a process listens for TCP connections, as an inspector does and a daemon never. */
function listens(pid: number): boolean {
  const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(
      ([, , , state, , , , , , inode]) => state === LISTENING && descriptors.includes(`socket:[${inode}]`),
    );
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

it('SIGUSR1 opens the inspector of a Node that does nothing about it', async () => {
  const standIn = await startStandIn("console.log('up')", ANY_PORT);
  standIn.child.kill('SIGUSR1');
  expect(await standIn.says(/Debugger listening/)).toBe(true);
  expect(listens(standIn.pid)).toBe(true);
});

it('SIGUSR1 does not open the inspector of the daemon, nor end it', async () => {
  const home = await makeAxiumHome();
  try {
    await withDaemon(
      home,
      async ({ child, ask }) => {
        const pid = child.pid ?? 0;
        child.kill('SIGUSR1');
        // An inspector is opened after some turns of the daemon's loop.
        for (let times = 0; times < 50; times += 1) expect(await ask({ cmd: 'ping' })).toMatchObject({ pid });
        expect(listens(pid)).toBe(false);
      },
      ANY_PORT,
    );
  } finally {
    await home.remove();
  }
});
