import { onTestFinished } from 'vitest';
import { axium, type World } from './cli.ts';

/** Ends the daemon of this world after the test, however that ended. To be called before one is started. */
export function endDaemonAfterwards(world: World): void {
  onTestFinished(async () => {
    await axium(world, 'daemon', 'stop');
  });
}

/** The process id that `daemon start` or `restart` has printed. */
export function pidIn(stdout: string): number {
  return Number(/pid (\d+)/.exec(stdout)?.[1]);
}

/**
 * Returns once there is no such process. The kernel closes what a process holds a moment before it takes the process
 * itself away, and tells only a parent of that, which a test is not: so this looks again until it is so.
 */
export async function gone(pid: number): Promise<true> {
  while (isThere(pid)) await new Promise((resolve) => setImmediate(resolve));
  return true;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
