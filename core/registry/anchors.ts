import type { Anchor, Anchors } from '../policy/match-path.ts';
import { persistencePlaces } from '../policy/persistence.ts';
import { PATH_LISTS, type Policy } from '../policy/policy.ts';
import type { Powers } from '../powers.ts';

/** How old the answer may be: as fresh as an edit of permissions.yaml is promised to be. */
const MAX_AGE_MS = 1000;
const MAX_LINKS = 40;

/**
 * Tells where the literal parts of a policy's patterns really lie. A dotfile manager makes `~/.aws` a link, and the
 * pattern still means what is in it: so links that root or the user made are followed, another's only for denials. The
 * same is told of the places through which code persists, which stay such under every name.
 */
export function createAnchorFinder({ files, uid, clock }: Pick<Powers, 'files' | 'uid' | 'clock'>) {
  const known = new WeakMap<Policy, { readonly found: Promise<Anchors>; readonly at: number }>();
  return (policy: Policy): Promise<Anchors> => {
    const now = clock.monotonic();
    const last = known.get(policy);
    if (last && now - last.at < MAX_AGE_MS) return last.found;
    const found = findAnchors(files, uid, anchorsOf(policy));
    known.set(policy, { found, at: now });
    return found;
  };
}

function anchorsOf(policy: Policy): ReadonlySet<string> {
  const rules = PATH_LISTS.flatMap((list) => [...policy.paths[list], ...policy.restrictions.paths[list]]);
  const anchors = rules.flatMap(({ pattern }) => pattern.alternatives.map(({ anchor }) => anchor));
  // Where nothing may be written, nothing has to be told from the files through which code persists.
  const places = policy.paths.fs_write.length === 0 ? [] : persistencePlaces(policy.guard.home);
  return new Set([...anchors, ...places]);
}

async function findAnchors(
  files: Powers['files'],
  uid: number,
  anchors: ReadonlySet<string>,
): Promise<Anchors> {
  const steps: Steps = new Map();
  const found = new Map<string, Anchor>();
  for (const anchor of anchors) {
    const { path, trusted } = await follow(files, uid, anchor, steps);
    if (path !== anchor) found.set(anchor, { any: path, trusted: trusted ? path : null });
  }
  return found;
}

/** What each path is: a link and whose, or no link. Shared by all anchors of one round. */
type Steps = Map<string, { readonly to: string; readonly trusted: boolean } | null>;

async function follow(files: Powers['files'], uid: number, anchor: string, steps: Steps) {
  let path = '';
  let trusted = true;
  let links = 0;
  const rest = anchor.split('/').filter((part) => part !== '');
  while (rest.length > 0) {
    const part = rest.shift() ?? '';
    if (part === '.' || part === '') continue;
    if (part === '..') {
      path = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      continue;
    }
    const here = `${path}/${part}`;
    const step = steps.get(here) ?? (await look(files, uid, here));
    steps.set(here, step);
    if (step === null) {
      path = here;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return { path: anchor, trusted: false };
    trusted &&= step.trusted;
    rest.unshift(...step.to.split('/'));
    if (step.to.startsWith('/')) path = '';
  }
  return { path, trusted };
}

async function look(files: Powers['files'], uid: number, path: string) {
  const stat = await files.lstat(path).catch(() => null);
  if (!stat?.isSymbolicLink()) return null;
  const to = await files.readlink(path).catch(() => null);
  return to === null ? null : { to, trusted: stat.uid === 0 || stat.uid === uid };
}
