import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ATTACKS } from '../hostile/attacks.mjs';
import { EXPECTED, hostBeside } from '../hostile/support/beside.ts';

/** What the daemon takes at most beyond what it takes with nothing hostile, in MiB, as docs/limits.md says. */
const MOST_MORE_MIB = 192;
/** For how long a hostile spoke is at it. */
const AT_IT_MS = 5000;

/** The most memory that a process has had so far, in MiB. */
function peakOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** That of a daemon with nothing hostile, taken by the first test that asks. */
let peakAlone: number | undefined;

async function takePeakAlone(): Promise<number> {
  const { daemon, answers } = await hostBeside([]);
  await answers();
  return peakOf(daemon.child.pid);
}

test.each(Object.keys(ATTACKS))(
  'beside one that is hostile a spoke is answered as ever, the daemon takes bounded memory, and who breaks the rules is ended: %s',
  async (attack) => {
    peakAlone ??= await takePeakAlone();
    const { daemon, answers, ended } = await hostBeside([attack]);
    expect(await answers()).toMatchObject(EXPECTED);
    // What it costs in memory shows only in time.
    await pause(AT_IT_MS);
    expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ ok: true });
    expect(peakOf(daemon.child.pid) - peakAlone).toBeLessThan(MOST_MORE_MIB);
    await ended();
  },
);
