import { basename, dirname } from 'node:path';
import type { Powers } from './powers.ts';

/**
 * Removes what a crash left of replacing this file: new versions that never got its name. Only for who holds the lock of
 * the directory, since the version that another is writing looks the same. Never fails: they cost space and nothing else.
 */
export async function removeLeftovers(files: Powers['files'], path: string): Promise<void> {
  await removeWhere(files, dirname(path), (name) => nameOfLeftover(name) === basename(path));
}

/** The same for everything that spokes store: a directory for each of them, in which every value's name ends so. */
export async function removeStorageLeftovers(
  files: Powers['files'],
  root: string,
  ending: string,
): Promise<void> {
  for (const spoke of await files.readdir(root).catch(() => [])) {
    await removeWhere(files, `${root}/${spoke}`, (name) => nameOfLeftover(name)?.endsWith(ending) ?? false);
  }
}

/** The same for what processes had before them that were started ahead: they are gone with the daemon that started them. */
export async function removeWarmLeftovers(files: Powers['files'], root: string): Promise<void> {
  await files.rm(root, { recursive: true, force: true }).catch(() => {});
}

/** The file that this was to become; null for every other name. */
function nameOfLeftover(name: string): string | null {
  return /^(.+)\.\d{1,10}$/s.exec(name)?.[1] ?? null;
}

async function removeWhere(
  files: Powers['files'],
  directory: string,
  isLeft: (name: string) => boolean,
): Promise<void> {
  const names = await files.readdir(directory).catch(() => []);
  await Promise.all(names.filter(isLeft).map((name) => files.unlink(`${directory}/${name}`).catch(() => {})));
}
