import { describePolicy } from '../policy/describe.ts';
import type { Policy } from '../policy/policy.ts';

/** What became of the rules of one spoke, as a record tells it. */
export interface RuleChanges {
  /** As in the files: `fs_read: ~/notes/* (override, /home/ada/.config/axium/permissions.yaml:3:5)`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** How many more there were of both. */
  readonly more: number;
}

/** Rules of each kind that a record tells, and characters of one. */
const MAX_RULES = 50;
const MAX_TEXT = 300;

/** Policies at a moment: what had expired by then is no rule of theirs. */
export interface RulesAt {
  readonly policies: readonly Policy[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The rules that count at one moment and not at the other. Pure. */
export function compareRules(before: RulesAt, after: RulesAt): RuleChanges {
  const [had, has] = [rulesOf(before), rulesOf(after)];
  const added = [...has].filter(([rule]) => !had.has(rule)).map(([, text]) => text);
  const removed = [...had].filter(([rule]) => !has.has(rule)).map(([, text]) => text);
  const told = (rules: readonly string[]) => rules.slice(0, MAX_RULES).map((rule) => rule.slice(0, MAX_TEXT));
  const more = Math.max(0, added.length - MAX_RULES) + Math.max(0, removed.length - MAX_RULES);
  return { added: told(added), removed: told(removed), more };
}

/**
 * Each rule without its place, which a line above it moves, and as text with it. While a new file waits to be confirmed,
 * what both allow is allowed, and what one of them forbids is forbidden.
 */
function rulesOf({ policies, now }: RulesAt): ReadonlyMap<string, string> {
  const described = policies.map((policy) => describeRules(policy, now));
  const [first, ...others] = described.map(({ allowed }) => allowed);
  const allowed = [...(first ?? [])].filter(([rule]) => others.every((other) => other.has(rule)));
  return new Map([...allowed, ...described.flatMap(({ forbidden }) => [...forbidden])]);
}

interface Described {
  readonly allowed: ReadonlyMap<string, string>;
  readonly forbidden: ReadonlyMap<string, string>;
}

function describeRules(policy: Policy, now: number): Described {
  const allowed = new Map<string, string>();
  const forbidden = new Map<string, string>();
  if (!policy.open) return { allowed, forbidden };
  const rights = describePolicy(policy);
  const add = (to: Map<string, string>, rule: string, source: string, origin: string | null) =>
    to.set(rule, `${rule} (${origin === null ? source : `${source}, ${origin}`})`);
  for (const name of ['exec', 'notify', 'net', 'facts', 'exec_profile'] as const) {
    const { value, source, origin } = rights[name];
    if (value !== false && value !== 'commands') add(allowed, `${name}: ${value}`, source, origin);
  }
  const lists = { exec: rights.exec.commands, fs_read: rights.fs_read, fs_write: rights.fs_write };
  for (const [name, entries] of Object.entries(lists)) {
    for (const { pattern, source, origin, expires, asks } of entries.filter(countsAt(now))) {
      const rule = `${asks ? 'ask ' : ''}${name}: ${pattern}${until(expires)}`;
      add(allowed, rule, source, origin);
    }
  }
  for (const { pattern, effect, source, origin, expires } of rights.privileged.filter(countsAt(now))) {
    const asked = effect === 'allow' ? ' unasked' : '';
    add(allowed, `privileged: ${pattern}${asked}${until(expires)}`, source, origin);
  }
  for (const entry of rights.restrictions.filter(countsAt(now))) {
    const { effect, action, pattern, source, origin, expires } = entry;
    add(forbidden, `${effect} ${action}: ${pattern}${until(expires)}`, source, origin);
  }
  for (const { action, patterns, source, origin } of rights.ceilings) {
    add(forbidden, `at most ${action}: [${patterns.join(', ')}]`, source, origin);
  }
  return { allowed, forbidden };
}

function countsAt(now: number): (entry: { readonly expires: string | null }) => boolean {
  return ({ expires }) => expires === null || now < Date.parse(expires);
}

function until(expires: string | null): string {
  return expires === null ? '' : ` until ${expires}`;
}
