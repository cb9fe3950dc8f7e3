import type { Powers } from '../powers.ts';

/** More than the kernel follows in one path. */
const MAX_LINKS = 40;

export interface Link {
  /** Where the link itself lies: a name in a directory that is no link. */
  readonly path: string;
  readonly uid: number;
}

export interface Way {
  /** Where the path leads: what is not there is taken by its name. Null for a loop of links. */
  readonly end: string | null;
  /** Every link that was gone through, in this order. Whoever can exchange one of them decides where the path leads. */
  readonly links: readonly Link[];
}

/** What each path is: a link and whose, or no link. To be shared by all paths of one round. */
export type Steps = Map<string, Promise<Step | null>>;

interface Step {
  readonly to: string;
  readonly uid: number;
}

/** Follows every link on the way to an absolute path, the last name included. Opens nothing, and never throws. */
export async function followLinks(
  files: Powers['files'],
  path: string,
  steps: Steps = new Map(),
): Promise<Way> {
  const links: Link[] = [];
  const rest = path.split('/');
  let at = '';
  while (rest.length > 0) {
    const part = rest.shift() ?? '';
    if (part === '.' || part === '') continue;
    if (part === '..') {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      continue;
    }
    const here = `${at}/${part}`;
    const looking = steps.get(here) ?? look(files, here);
    steps.set(here, looking);
    const step = await looking;
    if (step === null) {
      at = here;
      continue;
    }
    links.push({ path: here, uid: step.uid });
    if (links.length > MAX_LINKS) return { end: null, links };
    rest.unshift(...step.to.split('/'));
    if (step.to.startsWith('/')) at = '';
  }
  return { end: at, links };
}

async function look(files: Powers['files'], path: string): Promise<Step | null> {
  const stat = await files.lstat(path).catch(() => null);
  if (!stat?.isSymbolicLink()) return null;
  const to = await files.readlink(path).catch(() => null);
  return to === null ? null : { to, uid: stat.uid };
}
