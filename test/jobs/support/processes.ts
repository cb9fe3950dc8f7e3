import { readdirSync, readFileSync } from 'node:fs';

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

/** Settles with the number, by the daemon's count, of the process that has this word among its own. */
export async function holderOf(word: string): Promise<number> {
  let found: number | undefined;
  await until(() => {
    found = holdersOf(word)[0];
    return found !== undefined;
  });
  return found ?? 0;
}

/** The processes that have this word among their own, but for shells whose script it is part of. */
export function holdersOf(word: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => wordsOf(pid).includes(word))
    .map(Number);
}

function wordsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
