import { dirname } from 'node:path';
import type { FilesNow } from '../powers.ts';
import type { ExecutorFiles } from './powers.ts';

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

interface Judged {
  readonly uid: number;
  readonly mode: number;
}

/** Why what lies there is not root's alone, as the end of a sentence; null where it is. */
export function strangerIn({ uid, mode }: Judged): string | null {
  if (uid !== 0) return `expected a file of root, found one of uid ${uid}; run chown root`;
  return (mode & OTHERS_WRITE) === 0 ? null : 'expected that nobody but root can write to it; run chmod go-w';
}

/**
 * Why somebody else than root could put something else under this path, at any of the directories above it; null where
 * nobody can. A directory for everybody will do where it is sticky, as /tmp is.
 */
export function strangerAbove(files: Pick<FilesNow, 'lstatSync'>, path: string): string | null {
  for (let at = dirname(path); ; at = dirname(at)) {
    const stat = files.lstatSync(at);
    if (stat === undefined || !stat.isDirectory()) return `${at}: expected a directory`;
    const stranger = stat.uid === 0 && (stat.mode & STICKY) !== 0 ? null : strangerIn(stat);
    if (stranger !== null) return `${at}: ${stranger}`;
    if (at === '/') return null;
  }
}

/** Why a program is not to be run as root; null where it is root's alone, it and everything on the way to it. */
export function programProblem(files: ExecutorFiles, path: string): string | null {
  try {
    const real = files.realpathSync(path);
    const stat = files.lstatSync(real);
    if (!stat?.isFile()) return `${path}: expected a program`;
    const stranger = strangerIn(stat);
    // A link is as good as the directory that it lies in, and both ways are judged.
    return stranger === null
      ? (strangerAbove(files, path) ?? strangerAbove(files, real))
      : `${real}: ${stranger}`;
  } catch {
    return `${path}: there is no such program here`;
  }
}
