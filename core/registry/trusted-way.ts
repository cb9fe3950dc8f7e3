import type { Powers } from '../powers.ts';
import { type Owners, ownerProblem } from './owners.ts';
import type { Problem } from './problem.ts';

const MAX_LINKS = 40;

/**
 * Looks for somebody else who could put something else under a path: at the file or directory itself, and at every
 * directory and link on the way to it, as sshd does for its key files. Above the end of the path a directory in which
 * anybody can write will do where it is sticky, like /tmp. Null where there is nobody, and for a path that leads nowhere.
 */
export async function findStranger(
  files: Powers['files'],
  path: string,
  owners: Owners,
): Promise<Problem | null> {
  const rest = path.split('/');
  let at = '';
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() ?? '';
    if (name === '..') at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
    if (name === '..' || name === '.' || (name === '' && at !== '')) continue;
    const here = name === '' ? '/' : `${at}/${name}`;
    const stat = await files.lstat(here).catch(() => null);
    if (stat === null) return null;
    const isEnd = rest.every((part) => part === '' || part === '.');
    const problem = ownerProblem(here, stat, owners, { stickyWillDo: !isEnd });
    if (problem !== null) return problem;
    if (!stat.isSymbolicLink()) {
      at = name === '' ? '' : here;
      continue;
    }
    links += 1;
    const to = links > MAX_LINKS ? null : await files.readlink(here).catch(() => null);
    if (to === null) return null;
    if (to.startsWith('/')) at = '';
    rest.unshift(...to.split('/'));
  }
  return null;
}
