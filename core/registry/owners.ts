import type { Stats } from 'node:fs';
import type { Powers } from '../powers.ts';
import { type Problem, wholeFile } from './problem.ts';

/**
 * What the registry touches of the world. Without a `uid` nobody's ownership is judged: that is for a look at files of
 * which nothing is run. Without `stripsTypes` there is no Node that runs TypeScript.
 */
export type RegistryPowers = Pick<Powers, 'files'> & Partial<Pick<Powers, 'uid' | 'stripsTypes'>>;

/** Whose files are believed, and whose groups may write in them. */
export interface Owners {
  readonly users: readonly number[];
  readonly groups: readonly number[];
}

/**
 * The daemon's user and root, and the group of the same number as the user, which is that user's own: where systems give
 * each user one, files are made with mode 0664. Null where owners are not judged.
 */
export function ownersFor({ uid }: Pick<RegistryPowers, 'uid'>): Owners | null {
  return uid === undefined ? null : { users: [uid, 0], groups: [uid] };
}

const STICKY = 0o1000;

/** What is wrong with who owns a file or directory, or with who else can write in it. Null where nothing is. */
export function ownerProblem(
  path: string,
  stat: Stats,
  { users, groups }: Owners,
  // In a directory with the sticky bit nobody can rename what is another's.
  { stickyWillDo = false }: { readonly stickyWillDo?: boolean } = {},
): Problem | null {
  const what = stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'link' : 'file';
  if (!users.includes(stat.uid)) {
    const among = users[0] === 0 ? 'root' : `uid ${users[0]} or root`;
    return wholeFile(
      path,
      `expected a ${what} of ${among}, found one of uid ${stat.uid}; once you trust it, run: chown ${stat.isSymbolicLink() ? '-h ' : ''}${users[0]} ${quoted(path)}`,
    );
  }
  if (stat.isSymbolicLink() || (stickyWillDo && (stat.mode & STICKY) !== 0)) return null;
  const byGroup = (stat.mode & 0o020) !== 0 && !groups.includes(stat.gid);
  if (!byGroup && (stat.mode & 0o002) === 0) return null;
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  return wholeFile(
    path,
    `expected a ${what} that only its owner can write in, found mode ${mode} and group ${stat.gid}; once you trust it, run: chmod go-w ${quoted(path)}`,
  );
}

/** A path as a word for a shell. */
export function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
