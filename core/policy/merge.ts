import { formatOrigin, type Origin, type Rule } from '../../schemas/decision.ts';
import type { Lockable } from '../../schemas/host-policy.ts';
import { decideSwitch } from './decide-switch.ts';
import { meetExec, meetProfile, meetSwitch } from './meet.ts';
import {
  type Bounds,
  type CommandRule,
  type ExecValue,
  type Guard,
  type Layer,
  type Locks,
  PATH_LISTS,
  type PathCeiling,
  type PathList,
  type PathRule,
  type Policy,
  type Said,
  SWITCHES,
  type Switch,
  type Withheld,
} from './policy.ts';
import { indexRules } from './rule-index.ts';

export interface MergeInput {
  readonly spoke: string;
  readonly base: Layer;
  /** What the spoke declares and its user has not consented to. */
  readonly waiting?: Withheld | null;
  /** What `"*"` says, then what the spoke's own section says. Empty in strict mode. */
  readonly overrides: readonly Layer[];
  /** What the host says of keys that overrides cannot widen, and of what nobody can have. */
  readonly locks?: Locks;
  readonly bounds?: readonly Bounds[];
  readonly open: boolean;
  readonly closedBecause?: string | undefined;
  readonly ownConfig?: string | undefined;
  readonly guard: Guard;
}

/**
 * Merges what a spoke declares with what its user overrides, then bounds that by what the host says. Switches and `exec`:
 * the last to say something counts. Lists: the union, base first, an entry in both being the base's. Denials and asks add
 * up. The host's bounds come last and only ever take away. Pure.
 */
export function mergeLayers(input: MergeInput): Policy {
  const { spoke, base, overrides, open, closedBecause, ownConfig, guard } = input;
  const { locks = NO_LOCKS, bounds = [], waiting = null } = input;
  const layers = [base, ...overrides];
  const said = <T>(key: Lockable, read: (layer: Layer) => Said<T> | undefined, otherwise: T) => ({
    own: lastSaid(layers, read, otherwise),
    bounds: [
      ...lockedTo(locks.get(key), lastSaid([base], read, otherwise)),
      ...bounds.flatMap(({ layer }) => read(layer) ?? []),
    ],
  });
  const exec = boundExec(said<ExecValue>('exec', (layer) => layer.exec, false));
  const rules = (list: PathList, from: readonly Layer[]) => from.flatMap((layer) => layer.paths[list]);
  const allowing = (list: PathList, from: readonly Layer[]) =>
    rules(list, from).filter(({ rule }) => rule.effect === 'allow');
  const switches = eachSwitch((key) =>
    bound(
      said(key, (layer) => layer.switches[key], false),
      meetSwitch,
    ),
  );
  const withheld = [
    ...(waiting === null ? [] : [waiting]),
    ...[...locks].flatMap((lock) => withheldByLock(lock, overrides)),
  ];
  const paths = eachList((list) => distinct(allowing(list, locks.has(list) ? [base] : layers)));
  const all = [...layers, ...bounds.map(({ layer }) => layer)];
  const restricted = eachList((list) => rules(list, all).filter(({ rule }) => rule.effect !== 'allow'));
  return {
    spoke,
    open,
    closedBecause,
    exec: exec.said,
    execProfile: bound(
      said('exec_profile', (layer) => layer.execProfile, 'host'),
      meetProfile,
    ),
    privileged: distinctNames(granted(locks.has('privileged') ? [base] : layers)),
    switches,
    switchDecisions: eachSwitch((key) => decideSwitch(key, switches[key], withheld)),
    paths,
    restrictions: {
      paths: restricted,
      commands: all.flatMap((layer) => layer.commands),
      privileged: all.flatMap((layer) => layer.privileged.restrictions),
    },
    ceilings: {
      paths: eachList((list) => bounds.flatMap((one) => ceilingOf(one, list))),
      commands: exec.ceilings,
      privileged: bounds.flatMap(namesCeiling),
    },
    withheld,
    index: {
      paths: eachList((list) => indexRules(paths[list])),
      restrictions: eachList((list) => indexRules(restricted[list])),
    },
    overridden: overrides.length > 0,
    ownConfig,
    guard,
  };
}

const NO_LOCKS: Locks = new Map();

interface Bounded<T> {
  readonly own: Said<T>;
  readonly bounds: readonly Said<T>[];
}

function lastSaid<T>(
  layers: readonly Layer[],
  read: (layer: Layer) => Said<T> | undefined,
  otherwise: T,
): Said<T> {
  const nobody: Said<T> = { value: otherwise, source: 'base', origin: null };
  return layers.map(read).findLast((said) => said !== undefined) ?? nobody;
}

/** Of a locked key an override counts only as far as it says no more than spoke.yaml does. */
function lockedTo<T>(lock: Origin | undefined, { value }: Said<T>): readonly Said<T>[] {
  return lock === undefined ? [] : [{ value, source: 'system', origin: lock }];
}

function bound<T>({ own, bounds }: Bounded<T>, meet: (own: Said<T>, bound: Said<T>) => Said<T>): Said<T> {
  return bounds.reduce(meet, own);
}

function boundExec({ own, bounds }: Bounded<ExecValue>) {
  const ceilings: Said<readonly CommandRule[]>[] = [];
  let said = own;
  for (const one of bounds) {
    const { exec, ceiling } = meetExec(said, one);
    said = exec;
    if (ceiling !== null) ceilings.push(ceiling);
  }
  return { said, ceilings };
}

function ceilingOf({ layer, lists }: Bounds, list: PathList): readonly PathCeiling[] {
  const origin = lists[list];
  if (origin === undefined) return [];
  const value = layer.paths[list].filter(({ rule }) => rule.effect === 'allow');
  return [{ said: { value, source: 'system', origin }, index: indexRules(value) }];
}

function namesCeiling({ layer, lists }: Bounds): readonly Said<readonly Rule[]>[] {
  const origin = lists.privileged;
  return origin === undefined ? [] : [{ value: layer.privileged.grants, source: 'system', origin }];
}

function granted(layers: readonly Layer[]): readonly Rule[] {
  return layers.flatMap((layer) => layer.privileged.grants);
}

/** What overrides add to a locked list: it is named where it would have decided. */
function withheldByLock(
  [key, origin]: readonly [Lockable, Origin],
  overrides: readonly Layer[],
): readonly Withheld[] {
  const added = (list: PathList) =>
    list !== key
      ? []
      : overrides.flatMap((layer) => layer.paths[list]).filter(({ rule }) => rule.effect === 'allow');
  const paths = eachList(added);
  const privileged = key === 'privileged' ? granted(overrides) : [];
  if (paths.fs_read.length + paths.fs_write.length + privileged.length === 0) return [];
  return [
    {
      because: `${key} is locked by ${formatOrigin(origin)}, so permissions.yaml adds nothing to it`,
      switches: {},
      paths,
      index: eachList((list) => indexRules(paths[list])),
      privileged,
      waits: false,
    },
  ];
}

/** The same for each list of paths. */
export function eachList<T>(read: (list: PathList) => T): Readonly<Record<PathList, T>> {
  return Object.fromEntries(PATH_LISTS.map((list) => [list, read(list)])) as Record<PathList, T>;
}

function eachSwitch<T>(read: (key: Switch) => T): Readonly<Record<Switch, T>> {
  return Object.fromEntries(SWITCHES.map((key) => [key, read(key)])) as Record<Switch, T>;
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
