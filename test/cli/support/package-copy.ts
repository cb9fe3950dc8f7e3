import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PACKAGE } from './cli.ts';

/** A copy of the whole package, to be changed by the test. It is gone after that. */
export async function packageCopy(): Promise<string> {
  return copyOf('dist', 'spokes', 'package.json', 'core/sandbox/launch.pl');
}

/**
 * A copy of the package with the real command and, in the place of each named entry of the core, the given program: for
 * what a daemon never does as long as it is right. It is gone after the test.
 */
export async function packageWith(core: Readonly<Record<string, string>>): Promise<string> {
  const root = await copyOf('dist/cli', 'package.json');
  await mkdir(`${root}/dist/core`);
  for (const [name, program] of Object.entries(core)) {
    await writeFile(`${root}/dist/core/${name}.js`, program);
  }
  return root;
}

async function copyOf(...parts: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'axium-package-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const part of parts) await cp(`${PACKAGE}/${part}`, `${root}/${part}`, { recursive: true });
  await symlink(`${PACKAGE}/node_modules`, `${root}/node_modules`);
  return root;
}
