import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { PACKAGE_ROOT } from '../../scenarios/support/levels.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

/** A Node of another version, or why there is none to be had. */
export type OtherNode = { readonly path: string } | { readonly missing: string };

const PATIENCE_MS = 180_000;

/**
 * The newest Node of a major version, from the npm package of its program. It is fetched once and kept beside the
 * installed packages, where no lock file knows of it; where nothing can be kept there, it is this test's alone.
 */
export async function otherNode(major: number): Promise<OtherNode> {
  const name = `node-linux-${process.arch}`;
  const cache = `${PACKAGE_ROOT}node_modules/.cache/axium-nodes`;
  const inCache = `${cache}/${name}-${major}`;
  if (existsSync(inCache)) return { path: `${inCache}/bin/node` };
  const coming = canKeepIn(cache) ? mkdtempSync(`${cache}/coming-`) : makeTemporaryDirectory();
  onTestFinished(() => rmSync(coming, { recursive: true, force: true }));
  try {
    const archive = await run(coming, 'npm', [
      ...['pack', '--loglevel=error', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'],
      `${name}@${major}`,
    ]);
    await run(coming, 'tar', ['-xzf', archive, 'package/bin/node']);
  } catch (error) {
    return { missing: `${name}@${major} could not be fetched: ${reasonOf(error)}` };
  }
  if (!coming.startsWith(cache)) return { path: `${coming}/package/bin/node` };
  // In one step, so that a run that is cut off leaves no half of a program.
  renameSync(`${coming}/package`, inCache);
  return { path: `${inCache}/bin/node` };
}

function canKeepIn(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The last line that a program printed. */
async function run(cwd: string, program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd, timeout: PATIENCE_MS });
  return stdout.trim().split('\n').at(-1) ?? '';
}

/** What npm says of it in a few words, or what kept it from being run. */
function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as Error & { readonly stderr?: string };
  return /^npm error (.+)$/m.exec(stderr)?.[1] ?? message.split('\n')[0] ?? message;
}
