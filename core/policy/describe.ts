import type { Action } from '../../schemas/actions.ts';
import { formatOrigin, type Origin, type Rule, type RuleSource } from '../../schemas/decision.ts';
import type { Effective, ListedEntry } from '../../schemas/effective.ts';
import {
  type CommandRule,
  PATH_LISTS,
  type PathRule,
  type Policy,
  type Said,
  type Withheld,
} from './policy.ts';

/** A policy as data that can be sent and printed: the effective rights, who said each and where. Pure. */
export function describePolicy(policy: Policy): Effective {
  const { exec } = policy;
  const listed = typeof exec.value === 'object' ? exec.value.map(commandOf) : null;
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
    ceilings: [
      ...PATH_LISTS.flatMap((list) => policy.ceilings.paths[list].map(({ said }) => ceilingOf(list, said))),
      ...policy.ceilings.commands.map((said) => ceilingOf('exec', said)),
      ...policy.ceilings.privileged.map((said) =>
        ceilingOf('privileged', { ...said, value: said.value.map((rule) => ({ rule })) }),
      ),
    ],
    withheld: policy.withheld.flatMap(describeWithheld),
    overridden: policy.overridden,
    open: policy.open,
    closed_because: policy.closedBecause ?? null,
  };
}

/** Each rule that does not count, as it is written in its file. Pure. */
export function describeWithheld(withheld: Withheld): Effective['withheld'] {
  const { because, waits, exec, execProfile, privileged, switches, paths } = withheld;
  const told = (rule: string, origin: Origin | null) => ({
    rule,
    origin: origin && formatOrigin(origin),
    because,
    waits,
  });
  const entries = (key: string, rules: readonly { readonly rule: Rule }[]) =>
    rules.map(({ rule }) => told(`${key}: ${rule.pattern}`, rule.origin));
  const values = Object.entries({ ...switches, ...(execProfile && { exec_profile: execProfile }) });
  return [
    ...(exec === undefined
      ? []
      : typeof exec.value === 'object'
        ? entries('exec', exec.value)
        : [told(`exec: ${exec.value}`, exec.origin)]),
    ...values.map(([key, { value, origin }]) => told(`${key}: ${value}`, origin)),
    ...PATH_LISTS.flatMap((list) => entries(list, paths[list])),
    ...entries(
      'privileged',
      privileged.map((rule) => ({ rule })),
    ),
  ];
}

function ceilingOf(
  action: Action,
  { value, source, origin }: Said<readonly { readonly rule: Rule }[]>,
): Effective['ceilings'][number] {
  const patterns = value.map(({ rule }) => rule.pattern);
  return { action, patterns, source, origin: origin && formatOrigin(origin) };
}

function saidOf<T>({ value, source, origin }: Said<T>): {
  value: T;
  source: RuleSource;
  origin: string | null;
} {
  return { value, source, origin: origin && formatOrigin(origin) };
}

function commandOf(command: CommandRule): ListedEntry {
  return { ...entryOf(command), ...(command.rule.effect === 'ask' ? { asks: true } : {}) };
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
