import type { Powers } from '../powers.ts';
import { type Problem, wholeFile } from './problem.ts';

/** Tells of the first of these directories in whose place another one, or none, is by now; null where there is none. */
export type FindExchanged = () => Promise<Problem | null>;

/**
 * Remembers which directories these names lead to, links on the way included. Whoever can put another one in the place of
 * such a directory would otherwise say what is in force, without having written a file in it.
 */
export async function rememberDirectories(
  files: Pick<Powers['files'], 'stat'>,
  names: readonly string[],
): Promise<FindExchanged> {
  const identities = new Map<string, string | null>();
  for (const name of names) identities.set(name, await identityOf(files, name));
  return async () => {
    for (const [name, identity] of identities) {
      if ((await identityOf(files, name)) !== identity) return wholeFile(name, EXCHANGED);
    }
    return null;
  };
}

const EXCHANGED =
  "is another directory than when the daemon started, so nothing that it adds counts; if that was you, run 'axium daemon restart'";

async function identityOf({ stat }: Pick<Powers['files'], 'stat'>, name: string): Promise<string | null> {
  const found = await stat(name).catch(() => null);
  return found?.isDirectory() ? `${found.dev}:${found.ino}` : null;
}
