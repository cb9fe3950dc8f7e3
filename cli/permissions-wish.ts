import type { Effective } from '../schemas/effective.ts';
import type { DecidedAction } from '../schemas/expectations.ts';
import { needsResource } from '../schemas/needs-resource.ts';
import { CliError, EXIT } from './exit.ts';
import type { YamlEdit } from './yaml-change.ts';

/** What a person wants of permissions.yaml, as they typed it. */
export interface Wish {
  readonly effect: 'allow' | 'ask' | 'deny';
  readonly spoke: string;
  readonly action: DecidedAction;
  /** A path pattern, a command or an action of root; null for a switch, and for all of an action. */
  readonly pattern: string | null;
  readonly terms: Terms;
}

export interface Terms {
  /** ISO 8601. */
  readonly expires?: string;
  readonly reason?: string;
}

type Section = Readonly<Record<string, unknown>>;
type Data = Readonly<Record<string, unknown>>;

/**
 * The changes of permissions.yaml that fulfil a wish: as few as there can be, and none where it says so already. `exec`
 * is what the spoke may run now, since a list of an override takes the place of all that was said before. Throws usage
 * for what cannot be said. Pure.
 */
export function editsFor(wish: Wish, data: Data, exec: Effective['exec'] | null): readonly YamlEdit[] {
  refuseUnsayable(wish);
  const section = (data[wish.spoke] ?? {}) as Section;
  if (!needsResource(wish.action)) return setSwitch(wish, section, wish.effect === 'allow');
  if (wish.effect === 'deny') return deny(wish, section);
  if (wish.effect === 'ask') return ask(wish, section);
  return wish.action === 'exec' ? allowExec(wish, section, exec) : allowListed(wish, section);
}

function refuseUnsayable({ effect, action, pattern, terms }: Wish): void {
  const usage = (message: string) => new CliError(EXIT.usage, message);
  const isList = needsResource(action);
  if (!isList && pattern !== null) throw usage(`${action}: expected no pattern, since it is a switch`);
  if (!isList && effect === 'ask')
    throw usage(
      `${action}: expected exec, fs_read, fs_write or privileged, since a person can be asked about no other`,
    );
  if (action === 'privileged' && pattern === null)
    throw usage('privileged: expected the name of an action of root, as its table has it');
  if (isList && action !== 'exec' && pattern === null && effect !== 'deny')
    throw usage(`${action}: expected a path or a pattern, like '~/notes/*.md'`);
  if (pattern === null && (terms.expires !== undefined || terms.reason !== undefined))
    throw usage('expected a pattern: only an entry of a list can expire or have a reason');
}

function setSwitch({ spoke, action }: Wish, section: Section, value: boolean | 'ask'): readonly YamlEdit[] {
  return section[action] === value ? [] : [{ do: 'set', path: [spoke, action], value }];
}

/** All of an action where there is no pattern: for files that is a pattern of its own. */
function deny(wish: Wish, section: Section): readonly YamlEdit[] {
  if (wish.action === 'exec' && wish.pattern === null) return setSwitch(wish, section, false);
  return addEntry({ ...wish, pattern: wish.pattern ?? '/**' }, section, ['deny', wish.action]);
}

/** A person is asked about every action of root that is listed and not said to be done without. */
function ask(wish: Wish, section: Section): readonly YamlEdit[] {
  if (wish.action === 'privileged')
    return [
      ...removeEntries(wish, section, ['deny', wish.action]),
      ...addEntry(wish, section, [wish.action]),
    ];
  if (wish.pattern === null) return setSwitch(wish, section, 'ask');
  return [
    ...removeEntries(wish, section, ['deny', wish.action]),
    ...addEntry(wish, section, ['ask', wish.action]),
  ];
}

function allowListed(wish: Wish, section: Section): readonly YamlEdit[] {
  return [...withoutRestrictions(wish, section), ...addEntry(wish, section, [wish.action])];
}

function allowExec(wish: Wish, section: Section, exec: Effective['exec'] | null): readonly YamlEdit[] {
  if (wish.pattern === null) return setSwitch(wish, section, true);
  const lifted = withoutRestrictions(wish, section);
  if (section.exec === true) return lifted;
  if (Array.isArray(section.exec)) return [...lifted, ...addEntry(wish, section, ['exec'])];
  if (section.exec === undefined && exec?.value === true) return lifted;
  // The list takes the place of what was listed before, so that goes along.
  const before = section.exec === undefined && exec?.value === 'commands' ? exec.commands : [];
  const kept = before
    .filter(({ pattern }) => pattern !== wish.pattern)
    .map(({ pattern, expires, reason }) =>
      entryOf('exec', pattern, {
        ...(expires === null ? {} : { expires }),
        ...(reason === null ? {} : { reason }),
      }),
    );
  const value = [...kept, entryOf('exec', wish.pattern, wish.terms)];
  return [...lifted, { do: 'set', path: [wish.spoke, 'exec'], value }];
}

function withoutRestrictions(wish: Wish, section: Section): readonly YamlEdit[] {
  return [
    ...removeEntries(wish, section, ['deny', wish.action]),
    ...removeEntries(wish, section, ['ask', wish.action]),
  ];
}

function addEntry(wish: Wish, section: Section, list: readonly string[]): readonly YamlEdit[] {
  const isUnasked = wish.action === 'privileged' && wish.effect === 'allow';
  const entry = entryOf(wish.action, wish.pattern ?? '', {
    ...(isUnasked ? { ask: false as const } : {}),
    ...wish.terms,
  });
  const entries = listAt(section, list);
  const index = entries.findIndex((one) => patternIn(one) === wish.pattern);
  const path = [wish.spoke, ...list];
  if (index < 0) return [{ do: 'add', path, item: entry }];
  if (JSON.stringify(entries[index]) === JSON.stringify(entry)) return [];
  return [{ do: 'set', path: [...path, index], value: entry }];
}

/** From the last to the first, so that the numbers of those before stay right. */
function removeEntries(
  { spoke, pattern }: Pick<Wish, 'spoke' | 'pattern'>,
  section: Section,
  list: readonly string[],
) {
  return listAt(section, list)
    .flatMap((one, index) => (patternIn(one) === pattern ? [index] : []))
    .toReversed()
    .map((index): YamlEdit => ({ do: 'remove', path: [spoke, ...list, index] }));
}

/**
 * The changes that take back what permissions.yaml says of a spoke, of one of its actions or of one entry. What was said
 * of commands in a list never comes to mean more by it: an emptied list stays as one. Pure.
 */
export function editsToReset(
  {
    spoke,
    action,
    pattern,
  }: { readonly spoke: string; readonly action: string | null; readonly pattern: string | null },
  data: Data,
): readonly YamlEdit[] {
  const section = data[spoke] as Section | undefined;
  if (section === undefined) return [];
  if (action === null) return [{ do: 'remove', path: [spoke] }];
  const places = [[action], ['deny', action], ['ask', action]];
  if (pattern !== null) {
    const list = listAt(section, [action]);
    const isLast = action === 'exec' && list.length > 0 && list.every((one) => patternIn(one) === pattern);
    return places.flatMap((place, index): readonly YamlEdit[] =>
      index === 0 && isLast
        ? [{ do: 'set', path: [spoke, action], value: [] }]
        : removeEntries({ spoke, pattern }, section, place),
    );
  }
  // The restrictions first: with the last key the section itself goes.
  return places
    .toReversed()
    .filter((place) => valueAt(section, place) !== undefined)
    .map((place): YamlEdit => ({ do: 'remove', path: [spoke, ...place] }));
}

/** By what key an entry names what it is about. */
const ENTRY_KEYS: Readonly<Record<string, string>> = { exec: 'command', privileged: 'action' };

function entryOf(
  action: string,
  pattern: string,
  { ask: isAsked, expires, reason }: Terms & { readonly ask?: false },
) {
  if (isAsked === undefined && expires === undefined && reason === undefined) return pattern;
  return {
    [ENTRY_KEYS[action] ?? 'path']: pattern,
    ...(isAsked === undefined ? {} : { ask: isAsked }),
    ...(expires === undefined ? {} : { expires }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function patternIn(entry: unknown): string | null {
  if (typeof entry === 'string') return entry;
  const { path, command, action } = Object(entry) as { path?: unknown; command?: unknown; action?: unknown };
  return [path, command, action].find((text): text is string => typeof text === 'string') ?? null;
}

function listAt(section: Section, list: readonly string[]): readonly unknown[] {
  const found = valueAt(section, list);
  return Array.isArray(found) ? found : [];
}

function valueAt(section: Section, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, part) => Reflect.get(Object(inner ?? {}), part), section);
}
