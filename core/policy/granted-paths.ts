import type { PathTarget } from '../../schemas/decision.ts';
import { isWithin } from '../../schemas/path-text.ts';
import type { GrantedPaths, Scope, ScopeList } from '../../schemas/scope.ts';
import { rulesCovering } from './covering.ts';
import { decideStrictest } from './decide.ts';
import { type Anchors, matchesReal } from './match-path.ts';
import { mayMatchBelow } from './may-match-below.ts';
import { holdsLinkedPersistence, isPersistenceFile } from './persistence.ts';
import { holdsPersistence } from './persistence-directories.ts';
import { PATH_LISTS, type PathRule, type Policy } from './policy.ts';

export interface Rights {
  readonly policies: readonly Policy[];
  readonly anchors: Anchors;
  /** Milliseconds since the epoch, against which expiries count. */
  readonly now: number;
}

/**
 * What the policies in force let a scoped command find, as pure answers: of several policies the strictest counts. A
 * file is allowed as it would be for the spoke itself. What a command can write it can read as well, so a rule that
 * withholds a file from reading withholds it from both.
 */
export function grantedPaths({ policies, anchors, now }: Rights): Omit<GrantedPaths, 'stillCount'> {
  const counts = ({ rule }: PathRule) => rule.expires === undefined || now < rule.expires;
  const ask = (list: ScopeList, target: PathTarget) =>
    decideStrictest(policies, { action: list, target, anchors, now });
  // What does not count, and what the host allows at most, name no file that is to be kept from commands.
  const ruled = policies.map((policy) => ({ ...policy, withheld: [], ceilings: NO_CEILINGS }));
  const withholds = (target: PathTarget) => {
    const { effect, rule } = decideStrictest(ruled, { action: 'fs_read', target, anchors, now });
    return effect !== 'allow' && rule !== null;
  };
  const mayBeRead = (target: PathTarget) =>
    policies.every(({ ceilings }) =>
      ceilings.paths.fs_read.every(
        ({ said, index }) => rulesCovering(said.value, index, target, { anchors, now }).length > 0,
      ),
    );
  const restrictedBelow = ({ restrictions }: Policy, list: ScopeList, directory: string) =>
    restrictions.paths[list].some(
      (one) => counts(one) && mayMatchBelow(one.pattern, directory, anchors, 'any'),
    );
  const guardedBelow = ({ guard: { neverWrite, home } }: Policy, directory: string) =>
    neverWrite.some((own) => isWithin(own, directory) || isWithin(directory, own)) ||
    holdsPersistence(directory, home) ||
    holdsLinkedPersistence(directory, home, anchors) ||
    isPersistenceFile(`${directory}/${ANY_NAME}`, home);

  return {
    net: policies.length > 0 && policies.every(({ switches }) => switches.net.value),
    starts: (list) => {
      const rules = policies.flatMap(({ paths }) => paths[list].filter(counts));
      const written = new Set(
        rules.flatMap(({ pattern }) => pattern.alternatives.map(({ anchor }) => anchor)),
      );
      return [...written].flatMap((anchor) => {
        const at = anchors.get(anchor);
        const real = at ? at.trusted : anchor;
        return real === null ? [] : [{ written: anchor || '/', real: real || '/' }];
      });
    },
    allows: (list, target) =>
      ask(list, target).effect === 'allow' &&
      (list === 'fs_read' || (!withholds(target) && mayBeRead(target))),
    allowsAllBelow: (list, directory) =>
      policies.length > 0 &&
      policies.every(
        (policy) =>
          policy.open &&
          boundsOf(policy, list).every((rules) =>
            rules.some((one) => counts(one) && coversAllBelow(one, directory, anchors)),
          ) &&
          !restrictedBelow(policy, 'fs_read', directory) &&
          (list === 'fs_read' ||
            !(restrictedBelow(policy, list, directory) || guardedBelow(policy, directory))),
      ),
    mayAllowBelow: (list, directory) =>
      policies
        .flatMap((policy) => boundsOf(policy, list))
        .every((rules) =>
          rules.some((one) => counts(one) && mayMatchBelow(one.pattern, directory, anchors, 'trusted')),
        ),
    splits: (list, directory, name) =>
      list === 'fs_write' &&
      policies.some(({ guard: { home } }) => isPersistenceFile(`${directory}/${name}/${ANY_NAME}`, home)),
    withholds,
  };
}

/** Whether all that a running command was given would still be given to it. */
export function stillGrants(granted: Omit<GrantedPaths, 'stillCount'>, { binds, net }: Scope): boolean {
  if (net && !granted.net) return false;
  return binds.every(({ path, list, whole }) => {
    const target = { kind: 'path', asked: path, real: path, found: 'file', kernelFs: null } as const;
    if (list === null) return !granted.withholds(target);
    return whole ? granted.allowsAllBelow(list, path) : granted.allows(list, target);
  });
}

/** Every list of which an entry has to match: what the spoke was given, and what it is bounded by. */
function boundsOf({ paths, ceilings }: Policy, list: ScopeList): readonly (readonly PathRule[])[] {
  // What a command can write it can read.
  const bounding =
    list === 'fs_read' ? ceilings.paths.fs_read : PATH_LISTS.flatMap((one) => ceilings.paths[one]);
  return [paths[list], ...bounding.map(({ said }) => said.value)];
}

export const NO_CEILINGS: Policy['ceilings'] = {
  paths: { fs_read: [], fs_write: [] },
  commands: [],
  privileged: [],
};

/** A name that no literal part of a pattern can be meant for. */
const ANY_NAME = '\u{10fffd}';

/**
 * True where a pattern matches whatever is below a directory: it ends in a segment `**`, so that all that has to match
 * in the name is what lies above.
 */
function coversAllBelow({ pattern }: PathRule, directory: string, anchors: Anchors): boolean {
  const below = `${directory === '/' ? '' : directory}/${ANY_NAME}`;
  return pattern.text.endsWith('/**') && matchesReal(pattern, below, anchors, 'trusted');
}
