import { formatOrigin, type RuleSource } from '../../schemas/decision.ts';
import type { Effective, ListedEntry } from '../../schemas/effective.ts';
import { type CommandRule, PATH_LISTS, type PathRule, type Policy, type Said } from './policy.ts';

/** A policy as data that can be sent and printed: the effective rights, who said each and where. Pure. */
export function describePolicy(policy: Policy): Effective {
  const { exec } = policy;
  const listed = typeof exec.value === 'object' ? exec.value.map(entryOf) : null;
  return {
    exec: {
      ...saidOf(exec),
      value: listed ? 'commands' : (exec.value as boolean | 'ask'),
      commands: listed ?? [],
    },
    notify: saidOf(policy.switches.notify),
    net: saidOf(policy.switches.net),
    facts: saidOf(policy.switches.facts),
    fs_read: policy.paths.fs_read.map(entryOf),
    fs_write: policy.paths.fs_write.map(entryOf),
    exec_profile: saidOf(policy.execProfile),
    privileged: policy.privileged.map((rule) => ({
      ...entryOf({ rule }),
      effect: rule.effect as 'allow' | 'ask',
    })),
    restrictions: [
      ...PATH_LISTS.flatMap((list) => policy.restrictions.paths[list]),
      ...policy.restrictions.commands,
      ...policy.restrictions.privileged.map((rule) => ({ rule })),
    ].map((rule) => ({
      ...entryOf(rule),
      action: rule.rule.action,
      effect: rule.rule.effect as 'ask' | 'deny',
    })),
    overridden: policy.overridden,
    open: policy.open,
  };
}

function saidOf<T>({ value, source, origin }: Said<T>): {
  value: T;
  source: RuleSource;
  origin: string | null;
} {
  return { value, source, origin: origin && formatOrigin(origin) };
}

function entryOf({ rule }: Pick<PathRule | CommandRule, 'rule'>): ListedEntry {
  return {
    pattern: rule.pattern,
    source: rule.source,
    origin: formatOrigin(rule.origin),
    expires: rule.expires === undefined ? null : new Date(rule.expires).toISOString(),
    reason: rule.why ?? null,
  };
}
