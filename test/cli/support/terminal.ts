import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { PACKAGE, type World } from './cli.ts';

/** Whether script(1), which makes terminals, is missing here; tests that need one are skipped then. */
export const NO_TERMINAL = !existsSync('/usr/bin/script');

/**
 * Runs a command at a terminal of its own, as script(1) makes one, and types a line each time it asks, that is where it
 * has written something that ends with a question. Returns all that the terminal showed.
 */
export function atTerminal(
  { env }: Pick<World, 'env'>,
  answers: readonly string[],
  ...args: readonly string[]
): Promise<string> {
  const command = [process.execPath, `${PACKAGE}/dist/cli/axium.cjs`, ...args];
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('/usr/bin/script', ['-qec', quoted, '/dev/null'], {
    env: { ...env, SHELL: '/bin/sh', TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGTERM');
  });
  return new Promise((resolve, reject) => {
    const left = [...answers];
    let seen = '';
    let asked = 0;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
      if (!/\?(?: \[y\/N\])? $/.test(seen.slice(asked))) return;
      asked = seen.length;
      const answer = left.shift();
      if (answer === undefined) child.stdin.end();
      else child.stdin.write(`${answer}\n`);
    });
    child.once('error', reject).once('close', () => resolve(seen));
  });
}
