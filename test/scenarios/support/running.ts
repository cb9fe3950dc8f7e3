import { existsSync, readFileSync } from 'node:fs';

/** True where there is such a process that has not ended yet. */
export function isRunning(pid: number): boolean {
  try {
    return existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Settles with false once the process has ended, and with true where it has not within 5 seconds. */
export async function survives(pid: number): Promise<boolean> {
  for (let looks = 0; looks < 250 && isRunning(pid); looks += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return isRunning(pid);
}
