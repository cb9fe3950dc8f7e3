import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';

/** A process that stands in for the daemon: of the same user, with something to protect. It ends with the test. */
export interface StandIn {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The line that it printed once it was ready. */
  readonly greeting: string;
  /** What it has written to its standard error so far. */
  readonly said: () => string;
  /** Settles with true once it has written that, and with false where it has ended without. */
  readonly says: (pattern: RegExp) => Promise<boolean>;
  /** Settles with its exit code, or the signal that ended it. */
  readonly exited: Promise<unknown>;
}

/** Starts a Node process that runs this code; it must print a line once it is ready. */
export async function startStandIn(
  code: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StandIn> {
  // Its standard input is a pipe of this process, so that it cannot outlive it.
  const child = spawn(
    process.execPath,
    ['-e', `process.stdin.on('end', () => process.exit()).resume();\n${code}`],
    {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const ended = once(child, 'close');
  const exited = once(child, 'exit').then(([code, signal]) => signal ?? code);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [stdout, stderr] = [child.stdout as Readable, child.stderr as Readable];
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [greeting] = await once(stdout, 'data');
  return {
    pid: child.pid ?? 0,
    child,
    greeting: String(greeting),
    said: () => said,
    async says(pattern) {
      while (!pattern.test(said)) {
        const more = once(stderr, 'data').then(() => true);
        if (!(await Promise.race([more, ended.then(() => false)]))) return pattern.test(said);
      }
      return true;
    },
    exited,
  };
}
