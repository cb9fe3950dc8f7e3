import type { DeclaredEntry, DeclaredRights } from '../../schemas/consent.ts';
import type { Rule } from '../../schemas/decision.ts';
import { compileCommand } from './match-command.ts';
import { meetExec } from './meet.ts';
import { eachList } from './merge.ts';
import {
  type CommandRule,
  type ExecValue,
  type Layer,
  type Said,
  SWITCHES,
  type Switch,
  type Withheld,
} from './policy.ts';
import { indexRules } from './rule-index.ts';

/** What a spoke declares, in two parts: what its user has consented to, and what waits for that. */
export interface Consented {
  readonly base: Layer;
  readonly waiting: Withheld | null;
}

/** What a manifest declares, as data that can be kept and compared. Pure. */
export function declaredRights({ exec, execProfile, privileged, switches, paths }: Layer): DeclaredRights {
  const value = exec?.value ?? false;
  const { fs_read, fs_write } = eachList((list) => paths[list].map(entryOf));
  return {
    exec: typeof value === 'object' ? value.map(entryOf) : value,
    exec_profile: execProfile?.value ?? 'host',
    notify: switches.notify?.value ?? false,
    net: switches.net?.value ?? false,
    facts: switches.facts?.value ?? false,
    privileged: privileged.grants.map((rule) => entryOf({ rule })),
    fs_read: [...fs_read],
    fs_write: [...fs_write],
  };
}

/**
 * Parts what a manifest declares by what its user consented to. Entries of lists are compared by their text: one that
 * was not consented to does not count, even where another one covers it, and none counts for longer than was consented
 * to. What counts is never more than what is declared, nor more than what was consented to. Pure.
 */
export function partByConsent(declared: Layer, consent: DeclaredRights, spoke: string): Consented {
  const exec = partExec(declared.exec, consent.exec);
  const paths = eachList((list) => partEntries(declared.paths[list], consent[list]));
  const switches = partSwitches(declared.switches, consent);
  const runs = declared.exec !== undefined && declared.exec.value !== false;
  // Without commands it is nobody's question what they would see.
  const asksForHost = declared.execProfile ? declared.execProfile.value === 'host' : runs;
  const scopes = consent.exec_profile === 'scoped' && asksForHost;
  const privileged = partEntries(
    declared.privileged.grants.map((rule) => ({ rule })),
    consent.privileged,
  );
  const waits =
    exec.waiting !== undefined ||
    Object.values(paths).some(({ waiting }) => waiting.length > 0) ||
    Object.keys(switches.waiting).length > 0 ||
    scopes ||
    privileged.waiting.length > 0;
  if (!waits) return { base: { ...declared, paths: eachList((list) => paths[list].counts) }, waiting: null };
  const profile = {
    value: 'host',
    source: 'base',
    origin: (declared.execProfile ?? declared.exec)?.origin ?? null,
  } as const;
  const base: Layer = {
    ...(exec.counts === undefined ? {} : { exec: exec.counts }),
    ...(scopes
      ? { execProfile: { ...profile, value: 'scoped' } }
      : declared.execProfile && { execProfile: declared.execProfile }),
    switches: switches.counts,
    paths: eachList((list) => paths[list].counts),
    commands: declared.commands,
    privileged: { ...declared.privileged, grants: privileged.counts.map(({ rule }) => rule) },
  };
  const waiting: Withheld = {
    because: `it waits for your consent: axium spoke review ${spoke}`,
    ...(exec.waiting && { exec: exec.waiting }),
    ...(scopes && { execProfile: profile }),
    privileged: privileged.waiting.map(({ rule }) => rule),
    switches: switches.waiting,
    paths: eachList((list) => paths[list].waiting),
    index: eachList((list) => indexRules(paths[list].waiting)),
    waits: true,
  };
  return { base, waiting };
}

interface Parted<T> {
  readonly counts: readonly T[];
  readonly waiting: readonly T[];
}

function partEntries<T extends { readonly rule: Rule }>(
  declared: readonly T[],
  consented: readonly DeclaredEntry[],
): Parted<T> {
  const until = new Map<string, number>();
  for (const { pattern, expires } of consented) {
    until.set(pattern, Math.max(until.get(pattern) ?? Number.NEGATIVE_INFINITY, expires ?? FOREVER));
  }
  const counts: T[] = [];
  const waiting: T[] = [];
  for (const one of declared) {
    const { pattern, expires = FOREVER } = one.rule;
    const most = until.get(pattern);
    if (most !== undefined)
      counts.push(expires <= most ? one : { ...one, rule: { ...one.rule, expires: most } });
    // Beyond the time that was consented to it waits like any other.
    if (most === undefined || expires > most) waiting.push(one);
  }
  return { counts, waiting };
}

const FOREVER = Number.POSITIVE_INFINITY;

interface PartedExec {
  readonly counts: Said<ExecValue> | undefined;
  readonly waiting: Said<ExecValue> | undefined;
}

function partExec(declared: Said<ExecValue> | undefined, consented: DeclaredRights['exec']): PartedExec {
  if (declared === undefined || declared.value === false) return { counts: declared, waiting: undefined };
  if (typeof declared.value === 'object' && typeof consented === 'object') {
    const { counts, waiting } = partEntries(declared.value, consented);
    return {
      counts: { ...declared, value: counts },
      waiting: waiting.length === 0 ? undefined : { ...declared, value: waiting },
    };
  }
  if (consented === false) return { counts: undefined, waiting: declared };
  const said = typeof consented === 'object' ? consentedCommands(declared, consented) : consented;
  const { exec } = meetExec(declared, { ...declared, value: said });
  return { counts: exec, waiting: exec === declared ? undefined : declared };
}

/** The commands that were consented to, as entries of the place where the manifest now says more. */
function consentedCommands(
  { source, origin }: Said<ExecValue>,
  entries: readonly DeclaredEntry[],
): readonly CommandRule[] {
  return entries.flatMap(({ pattern, expires }) => {
    const compiled = compileCommand(pattern);
    if (!('ok' in compiled) || origin === null) return [];
    const terms = expires === null ? {} : { expires };
    const rule: Rule = { action: 'exec', pattern, effect: 'allow', source, origin, ...terms };
    return [{ rule, pattern: compiled.ok }];
  });
}

type Switches = Layer['switches'];

function partSwitches(declared: Switches, consent: Readonly<Record<Switch, boolean>>) {
  const keys = SWITCHES.filter((key) => declared[key] !== undefined);
  const pick = (waits: boolean): Switches =>
    Object.fromEntries(
      keys
        .filter((key) => (declared[key]?.value === true && !consent[key]) === waits)
        .map((key) => [key, declared[key]]),
    );
  return { counts: pick(false), waiting: pick(true) };
}

function entryOf({ rule }: { readonly rule: Rule }): DeclaredEntry {
  return { pattern: rule.pattern, expires: rule.expires ?? null };
}
