import { readdirSync, readFileSync } from 'node:fs';

/** One process that belongs to a world, by what its environment or its command line names. */
export interface WorldProcess {
  readonly pid: number;
  readonly words: readonly string[];
}

/** Every living process but this one whose environment or command line names the directory. */
export function processesOf(directory: string): readonly WorldProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => isAlive(pid) && `${read(pid, 'environ')}\0${read(pid, 'cmdline')}`.includes(directory))
    .map((pid) => ({ pid: Number(pid), words: read(pid, 'cmdline').split('\0') }));
}

/** Settles once no such process is left, or that did not come in time. */
export async function emptied(directory: string, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  while (processesOf(directory).length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isAlive(pid: string): boolean {
  const stat = read(pid, 'stat');
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
