import { basename, dirname } from 'node:path';
import type { Powers } from './powers.ts';

/**
 * Removes what a crash left of replacing this file: new versions that never got its name. Only for who holds the lock of
 * the directory, since the version that another is writing looks the same. Never fails: they cost space and nothing else.
 */
export async function removeLeftovers(files: Powers['files'], path: string): Promise<void> {
  const name = basename(path);
  const names = await files.readdir(dirname(path)).catch(() => []);
  const left = names.filter(
    (other) => other.startsWith(`${name}.`) && /^\.\d{1,10}$/.test(other.slice(name.length)),
  );
  await Promise.all(left.map((other) => files.unlink(`${dirname(path)}/${other}`).catch(() => {})));
}
