import type { Rule } from '../../schemas/decision.ts';
import {
  type Guard,
  type Layer,
  PATH_LISTS,
  type PathList,
  type PathRule,
  type Policy,
  type Said,
  SWITCHES,
  type Switch,
} from './policy.ts';
import { indexRules } from './rule-index.ts';

export interface MergeInput {
  readonly spoke: string;
  readonly base: Layer;
  /** What `"*"` says, then what the spoke's own section says. Empty in strict mode. */
  readonly overrides: readonly Layer[];
  readonly open: boolean;
  readonly ownConfig?: string | undefined;
  readonly guard: Guard;
}

/**
 * Merges what a spoke declares with what its user overrides. Switches and `exec`: the last to say something counts.
 * Lists: the union, base first, an entry in both being the base's. Denials and asks add up. Pure.
 */
export function mergeLayers({ spoke, base, overrides, open, ownConfig, guard }: MergeInput): Policy {
  const layers = [base, ...overrides];
  const last = <T>(read: (layer: Layer) => Said<T> | undefined, otherwise: T): Said<T> =>
    layers.map(read).findLast((said) => said !== undefined) ?? {
      value: otherwise,
      source: 'base',
      origin: null,
    };
  const rules = (list: PathList) => layers.flatMap((layer) => layer.paths[list]);
  const paths = eachList((list) => distinct(rules(list).filter(({ rule }) => rule.effect === 'allow')));
  const restricted = eachList((list) => rules(list).filter(({ rule }) => rule.effect !== 'allow'));
  return {
    spoke,
    open,
    exec: last((layer) => layer.exec, false),
    execProfile: last((layer) => layer.execProfile, 'host'),
    privileged: distinctNames(layers.flatMap((layer) => layer.privileged.grants)),
    switches: Object.fromEntries(
      SWITCHES.map((key) => [key, last((layer) => layer.switches[key], false)]),
    ) as Record<Switch, Said<boolean>>,
    paths,
    restrictions: {
      paths: restricted,
      commands: layers.flatMap((layer) => layer.commands),
      privileged: layers.flatMap((layer) => layer.privileged.restrictions),
    },
    index: {
      paths: eachList((list) => indexRules(paths[list])),
      restrictions: eachList((list) => indexRules(restricted[list])),
    },
    overridden: overrides.length > 0,
    ownConfig,
    guard,
  };
}

function eachList<T>(read: (list: PathList) => T): Readonly<Record<PathList, T>> {
  return Object.fromEntries(PATH_LISTS.map((list) => [list, read(list)])) as Record<PathList, T>;
}

/** Keeps the first of several entries with the same text, and the longest-lived of those: an allow never shortens one. */
function distinct(rules: readonly PathRule[]): readonly PathRule[] {
  const byText = new Map<string, PathRule>();
  for (const entry of rules) {
    const { pattern, source } = entry.rule;
    // A variable is literal text in one file and its value in the other, so such entries are never the same.
    const key = pattern.includes('$') ? `${source} ${pattern}` : pattern;
    const known = byText.get(key);
    if (!known || expiry(entry) > expiry(known)) byText.set(key, entry);
  }
  return [...byText.values()];
}

/** The same for names of actions; an entry that asks nobody is another than one that does. */
function distinctNames(rules: readonly Rule[]): readonly Rule[] {
  const byName = new Map<string, Rule>();
  for (const rule of rules) {
    const key = `${rule.effect} ${rule.pattern}`;
    const known = byName.get(key);
    if (!known || expiry({ rule }) > expiry({ rule: known })) byName.set(key, rule);
  }
  return [...byName.values()];
}

function expiry({ rule }: Pick<PathRule, 'rule'>): number {
  return rule.expires ?? Number.POSITIVE_INFINITY;
}
