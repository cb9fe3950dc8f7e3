import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Runs a fixture and settles with its lines of output; null where it could not be run. Its input is a pipe. */
export function runFixture(
  fixture: string,
  args: readonly string[],
  as: { readonly uid?: number; readonly gid?: number } = {},
): Promise<string[] | null> {
  const script = fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { ...as, cwd: '/', env: {} }, (error, stdout) => {
      resolve(error ? null : stdout.split('\n').slice(0, -1));
    });
  });
}

/** The same as an ordinary user: this one, unless this one is root, whom no file mode stops. */
export function runFixtureAsOrdinary(fixture: string, args: readonly string[]): Promise<string[] | null> {
  return runFixture(fixture, args, isRoot ? { uid: NOBODY, gid: NOBODY } : {});
}

/** Gives a path to the user as whom `runFixtureAsOrdinary` runs. */
export async function giveToOrdinary(path: string): Promise<void> {
  if (isRoot) await chown(path, NOBODY, NOBODY);
}
