import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { PACKAGE, type World } from './cli.ts';

/** A command that goes on until the test ends it, and what it has printed so far. */
export function follow({ env }: World, ...args: readonly string[]) {
  const child = spawn(process.execPath, [`${PACKAGE}/dist/cli/axium.cjs`, ...args], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill();
  });
  let seen = '';
  let notice = () => {};
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    seen += chunk;
    notice();
  });
  return {
    seen: () => seen,
    /** Settles once what was printed is so. */
    until: (isSo: (text: string) => boolean) =>
      new Promise<void>((resolve) => {
        notice = () => {
          if (isSo(seen)) resolve();
        };
        notice();
      }),
  };
}
