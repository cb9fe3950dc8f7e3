import { relativeSpokesPaths, spokesPath } from '../schemas/places.ts';
import { errno } from './errors.ts';
import type { Powers } from './powers.ts';

/** What the user should know of AXIUM_SPOKES_PATH: the entries in which no spoke is looked for. */
export async function spokesPathNotes({
  env,
  files,
}: Pick<Powers, 'env' | 'files'>): Promise<readonly string[]> {
  const relative = relativeSpokesPaths(env).map((entry) => note(entry, 'expected an absolute path'));
  const looked = await Promise.all(
    spokesPath(env).map(async (directory) => {
      const found = await files.stat(directory).catch((error: unknown) => errno(error));
      if (typeof found !== 'string')
        return found.isDirectory() ? [] : [note(directory, 'it is no directory')];
      // Any other failure is told by the search itself, as a root that is refused.
      return ['ENOENT', 'ENOTDIR'].includes(found) ? [note(directory, 'there is no such directory')] : [];
    }),
  );
  return [...relative, ...looked.flat()];
}

function note(entry: string, why: string): string {
  return `AXIUM_SPOKES_PATH: '${entry}' is passed over: ${why}; mend it and run 'axium daemon restart'`;
}
