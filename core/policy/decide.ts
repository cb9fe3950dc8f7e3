import type { Action } from '../../schemas/actions.ts';
import {
  type CommandTarget,
  type Decision,
  EFFECTS,
  type PathTarget,
  type PrivilegedTarget,
  type Rule,
  type Target,
} from '../../schemas/decision.ts';
import { isWithin } from '../../schemas/path-text.ts';
import { rulesCovering } from './covering.ts';
import { builtIn, counts, decided, saidRule, shapeless, unmatched } from './decided.ts';
import { matchesCommand } from './match-command.ts';
import { type Anchors, matchesReal, matchesText } from './match-path.ts';
import { isPersistenceFile } from './persistence.ts';
import type { CommandRule, ExecValue, PathList, PathRule, Policy, Said, Switch } from './policy.ts';
import { whyWithheld } from './why-withheld.ts';
import { withinCeilings } from './within-ceilings.ts';

/** What is asked: an action on a target, at a moment. `anchors` tells where the literal parts of patterns lie. */
export interface Query {
  readonly action: Action;
  readonly target: Target;
  readonly anchors: Anchors;
  /** Milliseconds since the epoch, against which expiries count. */
  readonly now: number;
}

/**
 * May this happen? Pure: the same policy and query give the same decision. Deny wins over ask, ask over allow, and
 * where nothing matches the answer is deny. Never throws for a query that its types allow.
 */
export function decide(policy: Policy, query: Query): Decision {
  const { action } = query;
  if (action === 'hud' || action === 'permissions' || action === 'command') return EVERYONE_MAY[action];
  if (!policy.open) return builtIn(action, 'deny', policy.closedBecause ?? NEVER_VALID);
  if (action === 'storage') return HAS_STORAGE;
  if (action === 'notify' || action === 'facts' || action === 'net') return policy.switchDecisions[action];
  return withinCeilings(policy, query, whyWithheld(policy, query, decideByRules(policy, action, query)));
}

/** Made once, since nothing is asked for as often. */
const EVERYONE_MAY = {
  hud: builtIn('hud', 'allow', 'every spoke may'),
  permissions: builtIn('permissions', 'allow', 'every spoke may'),
  command: builtIn('command', 'allow', 'every spoke may'),
} as const satisfies Partial<Record<Action, Decision>>;

const HAS_STORAGE = builtIn('storage', 'allow', 'every spoke has a storage of its own');
const NEVER_VALID = 'no valid permissions.yaml has ever been read';

type Ruled = Exclude<Action, 'hud' | 'permissions' | 'command' | 'storage' | Switch>;

function decideByRules(policy: Policy, action: Ruled, query: Query): Decision {
  const { target, now } = query;
  switch (action) {
    case 'exec':
      return target.kind === 'command' ? decideExec(policy, target, now) : shapeless(action);
    case 'fs_read':
    case 'fs_write':
      return target.kind === 'path' ? decidePath(policy, action, target, query) : shapeless(action);
    case 'privileged':
      return target.kind === 'privileged' ? decidePrivileged(policy, target, now) : shapeless(action);
  }
}

/**
 * The strictest answer of several policies. While a new permissions.yaml waits to be confirmed, the old and the new one
 * are both asked: what the new one takes away is gone at once, what it adds is not there yet.
 */
export function decideStrictest(policies: readonly Policy[], query: Query): Decision {
  const [only] = policies;
  if (policies.length === 1 && only !== undefined) return decide(only, query);
  const decisions = policies.map((policy) => decide(policy, query));
  const strictest = EFFECTS.findLast((effect) => decisions.some((decision) => decision.effect === effect));
  return (
    decisions.findLast((decision) => decision.effect === strictest) ??
    builtIn(query.action, 'deny', 'there is no policy for this spoke')
  );
}

function decideExec(policy: Policy, target: CommandTarget, now: number): Decision {
  const matches = ({ rule, pattern }: CommandRule) => counts(rule, now) && matchesCommand(pattern, target);
  // A denial of dash holds for sh where that is a link to it; an allowance of dash does not open sh.
  const everyName = { ...target, names: [...target.names, ...(target.realNames ?? [])] };
  const restricts = ({ rule, pattern }: CommandRule) =>
    counts(rule, now) && matchesCommand(pattern, everyName);
  const restriction = strictest(policy.restrictions.commands.filter(restricts));
  if (restriction?.rule.effect === 'deny') return decided(restriction.rule);
  const granted = grantOfExec(policy.exec, matches);
  // What the host says takes away, so its ask makes no question of what is denied.
  const refused =
    granted.effect === 'deny' && (granted.rule !== null || restriction?.rule.source === 'system');
  return restriction && !refused ? decided(restriction.rule) : granted;
}

function grantOfExec(said: Said<ExecValue>, matches: (rule: CommandRule) => boolean): Decision {
  if (said.origin === null) return unmatched();
  if (said.value === true) return decided(saidRule('exec', said, 'allow'));
  if (said.value === 'ask') return decided(saidRule('exec', said, 'ask'));
  if (said.value === false) return decided(saidRule('exec', said, 'deny'));
  const match = said.value.find(matches);
  return match ? decided(match.rule) : unmatched(said.source);
}

/** Where nobody said that it may be done without, a person is asked each time. */
function decidePrivileged(policy: Policy, target: PrivilegedTarget, now: number): Decision {
  const matching = (rules: readonly Rule[]) =>
    rules.filter((rule) => counts(rule, now) && rule.pattern === target.action);
  const restrictions = matching(policy.restrictions.privileged);
  const denial = restrictions.find(({ effect }) => effect === 'deny');
  if (denial) return decided(denial);
  const grants = matching(policy.privileged);
  const granted = grants.find(({ effect }) => effect === 'allow') ?? grants[0];
  return granted ? decided(restrictions[0] ?? granted) : unmatched();
}

function decidePath(policy: Policy, action: PathList, target: PathTarget, { anchors, now }: Query): Decision {
  if (target.kernelFs !== null)
    return builtIn(action, 'deny', `a file of ${target.kernelFs} belongs to the kernel`);
  if (
    action === 'fs_write' &&
    policy.guard.neverWrite.some((directory) => isWithin(target.real, directory))
  ) {
    return builtIn(action, 'deny', "Axium's own files and the code of spokes are never written for a spoke");
  }
  const current = (rules: readonly PathRule[]) => rules.filter(({ rule }) => counts(rule, now));
  const restriction = strictest(
    current(policy.index.restrictions[action].candidates(anchors, target.real, target.asked)).filter(
      ({ pattern }) =>
        matchesReal(pattern, target.real, anchors, 'any') || matchesText(pattern, target.asked),
    ),
  );
  if (restriction?.rule.effect === 'deny') return decided(restriction.rule);
  const covering = rulesCovering(policy.paths[action], policy.index.paths[action], target, { anchors, now });
  const { home } = policy.guard;
  // By either name: a link in the place of such a directory does not make its files harmless.
  const persists =
    action === 'fs_write' &&
    [target.real, target.asked].some((path) => isPersistenceFile(path, home, anchors));
  const asks = restriction?.rule.source !== 'system' || covering.length > 0 ? restriction : undefined;
  const matching = asks ? [asks, ...covering] : covering;
  if (matching.length === 0 && action === 'fs_read' && target.real === policy.ownConfig)
    return allowOwnConfig(target);
  if (matching.length === 0) return unmatched();
  const counting = persists ? matching.filter(({ pattern }) => pattern.literal) : matching;
  const deciding = counting.length > 0 ? (asks ?? counting[0]) : undefined;
  if (deciding === undefined) {
    return builtIn(
      action,
      'deny',
      'code is run from this file, so only an entry without wildcards covers it',
    );
  }
  if (target.look === undefined && (target.found === 'directory' || target.found === 'special'))
    return builtIn(action, 'deny', NO_FILE[target.found]);
  return decided(deciding.rule);
}

/** What came with the code of a spoke, it could read as that: its sandbox holds it. */
function allowOwnConfig({ found }: PathTarget): Decision {
  if (found === 'directory' || found === 'special') return builtIn('fs_read', 'deny', NO_FILE[found]);
  return builtIn('fs_read', 'allow', 'every spoke may read the configuration that came with it');
}

/** Why something that a rule covers is denied all the same. */
export const NO_FILE = { directory: 'it is a directory', special: 'it is not a regular file' } as const;

function strictest<T extends PathRule | CommandRule>(rules: readonly T[]): T | undefined {
  return rules.find(({ rule }) => rule.effect === 'deny') ?? rules[0];
}
