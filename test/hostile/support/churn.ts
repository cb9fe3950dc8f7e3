import { readFile } from 'node:fs/promises';
import type { WarmStatus } from '../../../schemas/control-shown.ts';
import { makeAxiumHome } from '../../integration/support/axium-home.ts';
import { type HostedDaemon, hostDaemon } from '../../integration/support/hosted-daemon.ts';
import { type Held, heldBy } from './held-by.ts';

/** Uses what a spoke can use, and is ready. */
const CODE = `export async function register(axium) {
  await axium.sendRequest({ cmd: 'fs_read', path: '~/mine' });
  await axium.sendRequest({ cmd: 'storage_put', key: 'kept', value: 'x' });
  await axium.sendRequest({ cmd: 'daemon_exec', command: ['true'], mode: 'wait' });
}`;

/** The first starts fill what is kept for good. */
const WARM_UP = 3;

export interface Churned {
  readonly before: Held;
  readonly after: Held;
  /** MiB of the daemon's memory, after each hundredth of the cycles. */
  readonly memory: readonly number[];
}

/** Has a daemon end and start a spoke so many times, and tells what the daemon held before and after that. */
export async function startAndStop(
  cycles: number,
  onEnd: (clean: () => Promise<void>) => void,
): Promise<Churned> {
  const home = await makeAxiumHome();
  onEnd(() => home.remove());
  await home.put('mine', 'x');
  await home.addSpoke('busy', 'permissions:\n  exec: true\n  fs_read: [~/mine]\n', CODE);
  const daemon = await hostDaemon(home);
  onEnd(() => daemon.end());
  const pid = daemon.child.pid ?? 0;
  const cycle = async () => {
    const { spokes } = (await daemon.ask({ cmd: 'spoke_reload', spoke: 'busy' })) as unknown as {
      spokes: { state: string; reason: string | null }[];
    };
    if (spokes[0]?.state !== 'ready') throw new Error(`not ready: ${spokes[0]?.reason}`);
  };
  const held = async () => {
    await warmed(daemon);
    return settled(() => heldBy(pid, home));
  };
  for (let at = 0; at < WARM_UP; at += 1) await cycle();
  const before = await held();
  const memory: number[] = [];
  for (let at = 0; at < cycles; at += 1) {
    await cycle();
    if (at % Math.ceil(cycles / 100) === 0) memory.push(await residentOf(pid));
  }
  return { before, after: await held(), memory };
}

/** Settles once a process was started ahead for the next spoke, or should have been: it comes a while after the last start. */
async function warmed(daemon: HostedDaemon): Promise<void> {
  for (let looks = 0; looks < 100; looks += 1) {
    const { warm } = (await daemon.ask({ cmd: 'status' })) as unknown as { warm: WarmStatus };
    if (warm.state === 'ready' || warm.state === 'off') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function residentOf(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** What is read is still for as long as two looks take: the last process of a cycle may be ending yet. */
async function settled<T>(look: () => Promise<T>): Promise<T> {
  let last = JSON.stringify(await look());
  for (let same = 0; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = await look();
    const text = JSON.stringify(now);
    same = text === last ? same + 1 : 0;
    if (same === 5) return now;
    last = text;
  }
}
