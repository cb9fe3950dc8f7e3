import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** The built package as it is at this moment, which no later build changes. */
export interface Snapshot {
  readonly root: string;
  readonly daemon: string;
  readonly cli: string;
  readonly remove: () => Promise<void>;
}

export async function takeSnapshot(): Promise<Snapshot> {
  const root = await mkdtemp(`${tmpdir()}/axium-package-`);
  for (const part of ['dist', 'spokes', 'package.json', 'core/sandbox/launch.pl']) {
    await cp(`${PACKAGE}/${part}`, `${root}/${part}`, { recursive: true });
  }
  await symlink(`${PACKAGE}/node_modules`, `${root}/node_modules`);
  return {
    root,
    daemon: `${root}/dist/core/main.js`,
    cli: `${root}/dist/cli/axium.cjs`,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
