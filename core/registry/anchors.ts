import { KeptFresh } from '../kept-fresh.ts';
import type { Anchor, Anchors } from '../policy/match-path.ts';
import { mayPlantLink } from '../policy/may-plant.ts';
import { persistencePlaces } from '../policy/persistence.ts';
import { PATH_LISTS, type Policy } from '../policy/policy.ts';
import type { Powers } from '../powers.ts';
import { followLinks, type Link, type Steps } from './follow-links.ts';

/** How old the answer may be: as fresh as an edit of permissions.yaml is promised to be. */
const MAX_AGE_MS = 1000;

/** How long what one path was found to be serves the looks of other policies, most of which share their directories. */
const STEPS_MS = 100;

/** How long the look at other spokes' paths is waited for. */
const MOMENT_MS = 250;

/** Where a literal part leads, and by which links. */
type Ways = ReadonlyMap<string, { readonly end: string; readonly links: readonly Link[] }>;

/**
 * Tells where the literal parts of a policy's patterns really lie. A dotfile manager makes `~/.aws` a link, and the
 * pattern still means what is in it: so links that root or the user made are followed, another's only for denials. A
 * command that runs for a spoke is the user as well: a link in a place that a spoke may write in, be it this one or one
 * of `spokes`, is another's. The same is told of the places through which code persists, which stay such under every
 * name.
 */
export function createAnchorFinder(
  { files, uid, clock }: Pick<Powers, 'files' | 'uid' | 'clock'>,
  spokes: () => readonly Policy[] = () => [],
) {
  const known = new WeakMap<Policy, KeptFresh<Ways>>();
  let steps = { at: Number.NEGATIVE_INFINITY, map: new Map() as Steps };
  const look = (policy: Policy): Promise<Ways> => {
    const now = clock.monotonic();
    if (now - steps.at >= STEPS_MS) steps = { at: now, map: new Map() };
    return findWays(files, anchorsOf(policy), steps.map);
  };
  const waysOf = (policy: Policy): Ways | Promise<Ways> => {
    const kept = known.get(policy) ?? new KeptFresh(clock, MAX_AGE_MS - STEPS_MS, () => look(policy));
    known.set(policy, kept);
    return kept.get();
  };
  /** What was told of a round of ways; the next round is another object. */
  const told = new WeakMap<Ways, Promise<Anchors>>();
  const tell = async (policy: Policy, ways: Ways): Promise<Anchors> => {
    // Most policies meet no link, and then nobody else's have to be looked at.
    if (ways.size === 0) return new Map();
    const looking = Promise.all(
      [...new Set([policy, ...spokes()])].map(async (writer) => ({
        writer,
        anchors: anchorsBy(await waysOf(writer), () => true),
      })),
    );
    const writers = await withinAMoment(looking, clock);
    // Where another spoke's path hangs it is not waited for, and no link is trusted meanwhile.
    const isWritableBySpokes = (path: string) =>
      writers === null || writers.some(({ writer, anchors }) => mayPlantLink(writer, path, anchors));
    const links = new Map([...ways.values()].flatMap((way) => way.links).map((link) => [link.path, link]));
    const trusted = new Set(
      [...links.values()]
        .filter((link) => (link.uid === 0 || link.uid === uid) && !isWritableBySpokes(link.path))
        .map((link) => link.path),
    );
    return anchorsBy(ways, ({ path }) => trusted.has(path));
  };
  return async (policy: Policy): Promise<Anchors> => {
    const ways = await waysOf(policy);
    const anchors = told.get(ways) ?? tell(policy, ways);
    told.set(ways, anchors);
    return anchors;
  };
}

/** What something comes to, or null where that takes longer than a moment. */
function withinAMoment<T>(promise: Promise<T>, clock: Powers['clock']): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(MOMENT_MS, () => resolve(null));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}

function anchorsOf(policy: Policy): ReadonlySet<string> {
  const { paths, restrictions, ceilings, withheld } = policy;
  const rules = PATH_LISTS.flatMap((list) => [
    ...paths[list],
    ...restrictions.paths[list],
    ...ceilings.paths[list].flatMap(({ said }) => said.value),
    ...withheld.flatMap((one) => one.paths[list]),
  ]);
  const anchors = rules.flatMap(({ pattern }) => pattern.alternatives.map(({ anchor }) => anchor));
  // Where nothing may be written, nothing has to be told from the files through which code persists.
  const places = policy.paths.fs_write.length === 0 ? [] : persistencePlaces(policy.guard.home);
  return new Set([...anchors, ...places]);
}

async function findWays(files: Powers['files'], anchors: ReadonlySet<string>, steps: Steps): Promise<Ways> {
  const ways = new Map<string, { end: string; links: readonly Link[] }>();
  for (const anchor of anchors) {
    const { end, links } = await followLinks(files, anchor, steps);
    if (links.length > 0 && end !== null) ways.set(anchor, { end, links });
  }
  return ways;
}

function anchorsBy(ways: Ways, lendsTrust: (link: Link) => boolean): Anchors {
  return new Map(
    [...ways].map(([anchor, { end, links }]): [string, Anchor] => [
      anchor,
      {
        any: end,
        trusted: links.every(lendsTrust) ? end : null,
        links: links.map(({ path }) => path),
      },
    ]),
  );
}
