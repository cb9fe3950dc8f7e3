import { shortPath } from '../../schemas/places.ts';
import type { Opening } from '../../schemas/plan.ts';
import { decide } from '../policy/decide.ts';
import {
  type CommandRule,
  type Layer,
  PATH_LISTS,
  type PathList,
  type PathRule,
  type Policy,
} from '../policy/policy.ts';
import { runsAnything, type SensitivePlace, sensitivePlaces } from '../policy/sensitive.ts';

export interface OpeningsInput {
  readonly before: Policy;
  readonly after: Policy;
  readonly own: readonly string[];
  /** Milliseconds since the epoch, against which expiries count. */
  readonly now: number;
}

/** What of the sensitive a spoke could reach after a change and could not before it, by the rules that let it. Pure. */
export function openings(input: OpeningsInput): readonly Opening[] {
  return [...openedPaths(input), ...openedCommands(input), ...openedPrivileged(input)];
}

/** What `"*"` newly allows, it allows to spokes that are not there yet. */
export function openingsToAll(before: Layer | undefined, after: Layer | undefined): readonly Opening[] {
  const had = new Set(grantsOf(before));
  return grantsOf(after)
    .filter((by) => !had.has(by))
    .map((by) => ({ spoke: '*', by, opens: ['it to every spoke, also to those that come later'] }));
}

function grantsOf(layer: Layer | undefined): readonly string[] {
  if (layer === undefined) return [];
  const { exec, switches, paths, privileged } = layer;
  const listed = typeof exec?.value === 'object' ? exec.value.map(({ rule }) => `exec ${rule.pattern}`) : [];
  return [
    ...(exec?.value === true || exec?.value === 'ask' ? [`exec: ${exec.value}`] : []),
    ...listed,
    ...Object.entries(switches).flatMap(([name, said]) => (said?.value ? [`${name}: true`] : [])),
    ...PATH_LISTS.flatMap((list) =>
      paths[list].filter(({ rule }) => rule.effect === 'allow').map(({ rule }) => `${list} ${rule.pattern}`),
    ),
    ...privileged.grants.map(({ pattern }) => `privileged ${pattern}`),
  ];
}

function openedPaths({ before, after, own, now }: OpeningsInput): readonly Opening[] {
  const { home } = after.guard;
  const counts = ({ rule }: PathRule) => rule.expires === undefined || now < rule.expires;
  return PATH_LISTS.flatMap((list) => {
    const places = (policy: Policy, one: PathRule) =>
      sensitivePlaces(list, one.pattern, { home, own }).filter(({ path }) =>
        isOpen(policy, list, one, { place: path, now }),
      );
    const lets = (policy: Policy) => [
      ...policy.paths[list].filter(counts),
      ...policy.restrictions.paths[list].filter((one) => counts(one) && one.rule.effect === 'ask'),
    ];
    const known = new Set(lets(before).flatMap((one) => places(before, one).map(({ path }) => path)));
    const had = new Set(lets(before).map(({ rule }) => rule.pattern));
    const removed = removedDenials(before, after, list, now);
    return lets(after).flatMap((one): Opening[] => {
      // An entry that was there opens more only where a denial is gone.
      if (had.has(one.rule.pattern) && !removed) return [];
      const opened = places(after, one).filter(({ path }) => !known.has(path));
      const tree = one.pattern.blanket && !had.has(one.rule.pattern) ? ['a whole tree of files'] : [];
      const told = [...tree, ...byKind(opened, home)];
      return told.length === 0
        ? []
        : [{ spoke: after.spoke, by: `${list} ${one.rule.pattern}`, opens: told }];
    });
  });
}

/** The places of each kind together: `keys and tokens (~/.ssh, ~/.aws and 3 more)`. */
function byKind(opened: readonly SensitivePlace[], home: string): readonly string[] {
  const kinds = new Map<string, string[]>();
  for (const { path, holds } of opened) {
    kinds.set(holds, [...(kinds.get(holds) ?? []), shortPath(path, home)]);
  }
  return [...kinds].map(([holds, paths]) => {
    const more = paths.length > MAX_PATHS ? ` and ${paths.length - MAX_PATHS} more` : '';
    return `${holds} (${paths.slice(0, MAX_PATHS).join(', ')}${more})`;
  });
}

const MAX_PATHS = 3;

/** False where what is built in, or a denial of the whole place, keeps it closed whatever else is said. */
function isOpen(
  policy: Policy,
  action: PathList,
  { pattern }: PathRule,
  { place, now }: { readonly place: string; readonly now: number },
): boolean {
  const decideOn = (real: string) => {
    const target = { kind: 'path', asked: real, real, found: 'file', kernelFs: null } as const;
    return decide(policy, { action, target, anchors: new Map(), now });
  };
  const [only] = pattern.alternatives;
  if (pattern.literal && only) return decideOn(only.anchor).effect !== 'deny';
  const probed = [place, `${place}/x`, `${place}/x/x`].map(decideOn);
  if (probed.some(({ effect, source }) => effect === 'deny' && source === 'system')) return false;
  // Names of which no rule says anything tell nothing; where that is all, it is names not thought of that are opened.
  const told = probed.filter(({ rule }) => rule !== null);
  return told.length === 0 || told.some(({ effect }) => effect !== 'deny');
}

function removedDenials(before: Policy, after: Policy, list: PathList, now: number): boolean {
  const denials = (policy: Policy) =>
    policy.restrictions.paths[list].filter(
      ({ rule }) => rule.effect === 'deny' && (rule.expires === undefined || now < rule.expires),
    );
  const left = new Set(denials(after).map(({ rule }) => rule.pattern));
  return denials(before).some(({ rule }) => !left.has(rule.pattern));
}

function openedCommands({ before, after }: OpeningsInput): readonly Opening[] {
  const { spoke, exec } = after;
  const was = before.exec.value;
  if (exec.value === true || exec.value === 'ask') {
    if (was === true || was === exec.value) return [];
    const opens = ['every command, with all that your user can do'];
    return [{ spoke, by: `exec: ${exec.value}`, opens }];
  }
  if (exec.value === false || was === true) return [];
  const texts = (rules: readonly CommandRule[]) => new Set(rules.map(({ rule }) => rule.pattern));
  const had = typeof was === 'object' ? texts(was) : new Set<string>();
  return exec.value
    .filter(({ rule, pattern }) => !had.has(rule.pattern) && runsAnything(pattern.words[0] ?? ''))
    .map(({ rule, pattern }) => ({
      spoke,
      by: `exec ${rule.pattern}`,
      opens: [`${pattern.words[0]}, which runs whatever it is told to`],
    }));
}

/** Actions of root that nobody is asked about any more. */
function openedPrivileged({ before, after, now }: OpeningsInput): readonly Opening[] {
  const isUnasked = (policy: Policy, name: string) => {
    const target = { kind: 'privileged', action: name, params: {}, argv: [] } as const;
    return decide(policy, { action: 'privileged', target, anchors: new Map(), now }).effect === 'allow';
  };
  const names = new Set(after.privileged.map(({ pattern }) => pattern));
  return [...names]
    .filter((name) => isUnasked(after, name) && !isUnasked(before, name))
    .map((name) => ({
      spoke: after.spoke,
      by: `privileged ${name}`,
      opens: ['what root does, with nobody asked'],
    }));
}
