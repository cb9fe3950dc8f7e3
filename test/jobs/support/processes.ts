import { readFileSync } from 'node:fs';

/** True while a process runs; one that has ended and waits to be collected does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Settles once the condition holds. It is looked at in every turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Settles once a process has ended. */
export function gone(pid: number): Promise<void> {
  return until(() => !isRunning(pid));
}

/** Ends a process that the code under test let live, should it still be there. */
export function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** The words that run a script. */
export function script(text: string): readonly string[] {
  return ['/bin/sh', '-c', text];
}
