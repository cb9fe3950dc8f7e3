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

export interface MergeInput {
  readonly spoke: string;
  readonly base: Layer;
  /** What `"*"` says, then what the spoke's own section says. Empty in strict mode. */
  readonly overrides: readonly Layer[];
  readonly open: boolean;
  readonly guard: Guard;
}

/**
 * Merges what a spoke declares with what its user overrides. Switches and `exec`: the last to say something counts.
 * Lists: the union, base first, an entry in both being the base's. Denials and asks add up. Pure.
 */
export function mergeLayers({ spoke, base, overrides, open, guard }: MergeInput): Policy {
  const layers = [base, ...overrides];
  const last = <T>(read: (layer: Layer) => Said<T> | undefined, otherwise: T): Said<T> =>
    layers.map(read).findLast((said) => said !== undefined) ?? {
      value: otherwise,
      source: 'base',
      origin: null,
    };
  const rules = (list: PathList) => layers.flatMap((layer) => layer.paths[list]);
  return {
    spoke,
    open,
    exec: last((layer) => layer.exec, false),
    execProfile: last((layer) => layer.execProfile, 'host'),
    privileged: last((layer) => layer.privileged, []),
    switches: Object.fromEntries(
      SWITCHES.map((key) => [key, last((layer) => layer.switches[key], false)]),
    ) as Record<Switch, Said<boolean>>,
    paths: eachList((list) => distinct(rules(list).filter(({ rule }) => rule.effect === 'allow'))),
    restrictions: {
      paths: eachList((list) => rules(list).filter(({ rule }) => rule.effect !== 'allow')),
      commands: layers.flatMap((layer) => layer.commands),
    },
    overridden: overrides.length > 0,
    guard,
  };
}

function eachList(read: (list: PathList) => readonly PathRule[]): Policy['paths'] {
  return Object.fromEntries(PATH_LISTS.map((list) => [list, read(list)])) as unknown as Policy['paths'];
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

function expiry({ rule }: PathRule): number {
  return rule.expires ?? Number.POSITIVE_INFINITY;
}
