import type { CommandTarget, Decision, Rule } from '../../schemas/decision.ts';
import type { Tier } from '../../schemas/tiers.ts';
import { isDestructive } from './destructive.ts';
import { type CommandPattern, matchesCommand } from './match-command.ts';

/** A person as far as a decision needs them: their ceiling, and whether their session is elevated now. */
export interface Person {
  readonly tier: Tier;
  readonly elevated: boolean;
}

/** `one` spoke or job, or `all` of them. */
export type SignalScope = 'one' | 'all';

/** What a person may do by themselves. Pure; one that throws denies. */
export interface PeoplePolicy {
  /** Stop or restart. */
  readonly canSignal: (person: Person, scope: SignalScope) => boolean;
  /** What cannot be taken back, named by its command. */
  readonly canDestructive: (person: Person, what: string) => boolean;
  /** Run any command without being asked. */
  readonly canExecuteCommand: (person: Person, argv: readonly string[]) => boolean;
  /** Start a spoke by hand. */
  readonly canSpawnChild: (person: Person) => boolean;
  /** Start a job. */
  readonly canSpawnRunner: (person: Person) => boolean;
  /** What becomes of a command that nothing allows. */
  readonly otherwise: 'ask' | 'deny';
}

const elevated = (person: Person) => person.elevated;
const never = () => false;

/** Elevation is what makes the difference; a person at standard is asked. */
export const DEFAULT_PEOPLE: PeoplePolicy = {
  canSignal: (person, scope) => scope === 'one' || person.elevated,
  canDestructive: elevated,
  canExecuteCommand: elevated,
  canSpawnChild: elevated,
  canSpawnRunner: elevated,
  otherwise: 'ask',
};

export const DENY_ALL_PEOPLE: PeoplePolicy = {
  canSignal: never,
  canDestructive: never,
  canExecuteCommand: never,
  canSpawnChild: never,
  canSpawnRunner: never,
  otherwise: 'deny',
};

/** Nothing without elevation, and nobody is asked. */
export const STRICT_PEOPLE: PeoplePolicy = {
  canSignal: elevated,
  canDestructive: elevated,
  canExecuteCommand: elevated,
  canSpawnChild: elevated,
  canSpawnRunner: elevated,
  otherwise: 'deny',
};

/** What `people` of config.yaml says of commands. */
export interface PeopleRules {
  readonly deny: readonly PersonRule[];
  readonly allow: readonly PersonRule[];
  /** Lists of words; see isDestructive. */
  readonly destructive: readonly (readonly string[])[];
}

export interface PersonRule {
  readonly rule: Rule;
  readonly pattern: CommandPattern;
}

/**
 * May a person run this? A deny rule first, then an allow rule, which does not cover what is destructive, then the elevated
 * session; else a person is asked. Grants are for the caller to look at where the answer is to ask. What throws denies.
 */
export function decidePerson(
  policy: PeoplePolicy,
  rules: PeopleRules,
  person: Person,
  target: CommandTarget,
): Decision {
  try {
    return decideCommand(policy, rules, person, target);
  } catch {
    return said('deny', 'the policy failed');
  }
}

function decideCommand(
  policy: PeoplePolicy,
  rules: PeopleRules,
  person: Person,
  target: CommandTarget,
): Decision {
  const { argv, names, realNames = [] } = target;
  if ((argv[0] ?? '').trim() === '') return said('deny', 'empty command');
  const everyName = { ...target, names: [...names, ...realNames] };
  const denied = rules.deny.find(({ pattern }) => matchesCommand(pattern, everyName));
  if (denied) return byRule(denied.rule);
  if (policy === DENY_ALL_PEOPLE) return said('deny', 'the policy denies everything');
  const destructive = rules.destructive.find((words) => isDestructive(words, target));
  const unsafe = destructive !== undefined && !policy.canDestructive(person, destructive.join(' '));
  const allowed = rules.allow.find(({ pattern }) => matchesCommand(pattern, target));
  if (allowed && !unsafe && policy.otherwise === 'ask') return byRule(allowed.rule);
  if (!unsafe && policy.canExecuteCommand(person, argv) && policy.canSpawnRunner(person))
    return said('allow', 'the session is elevated');
  if (policy.otherwise === 'deny') return said('deny', 'the session is not elevated');
  return said('ask', unsafe ? `it is destructive (${destructive.join(' ')})` : 'the session is not elevated');
}

function byRule(rule: Rule): Decision {
  const verb = rule.effect === 'deny' ? 'denied' : 'allowed';
  return {
    effect: rule.effect,
    reason: `${verb} by people.${rule.effect}: ${rule.pattern}`,
    rule,
    source: rule.source,
    viaOverride: false,
  };
}

function said(effect: Decision['effect'], reason: string): Decision {
  return { effect, reason, rule: null, source: 'system', viaOverride: false };
}
