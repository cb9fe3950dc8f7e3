import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../fixtures/take-lock.mjs', import.meta.url));

export interface LockTaker {
  readonly pid: number;
  /** Tries to take a lock, and settles with `got` or the code of the refusal. */
  readonly take: (path: string) => Promise<string>;
  /** Ends the process without giving anything back. */
  readonly kill: () => Promise<void>;
}

/** A process that takes locks by the compiled code, as a daemon does. */
export async function startLockTaker(): Promise<LockTaker> {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return {
    pid: child.pid ?? 0,
    async take(path) {
      const answer = once(lines, 'line');
      child.stdin.write(`${path}\n`);
      return String((await answer)[0]);
    },
    kill,
  };
}
