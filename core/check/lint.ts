import { formatOrigin, type Origin, type Rule } from '../../schemas/decision.ts';
import { didYouMean } from '../did-you-mean.ts';
import { coversCommand, coversPath } from '../policy/covers.ts';
import type { Remark } from '../policy/layer.ts';
import { matchingRules } from '../policy/matching-rules.ts';
import { type CommandRule, type Layer, PATH_LISTS, type PathRule } from '../policy/policy.ts';
import { runsAnything } from '../policy/sensitive.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import { type LoadedOverrides, layersFor } from '../registry/load-overrides.ts';
import { formatProblem, InvalidFile } from '../registry/problem.ts';
import { formatRemark } from '../registry/spoke-permissions.ts';
import { parseYaml } from '../registry/yaml-document.ts';
import { recordedRequests } from './recorded.ts';
import { replayUnder } from './replaying.ts';
import { compileOverrides, type OpenSite, openSite, readOverridesText, type Site, unmetIn } from './site.ts';

export interface Lint {
  readonly ok: boolean;
  readonly problems: readonly string[];
  /** What does nothing, or does much: file:line:column: text. */
  readonly warnings: readonly string[];
}

/** Looks through permissions.yaml: what is wrong with it, and what in it does nothing or does more than one may think. */
export async function lint(site: Site): Promise<Lint> {
  try {
    const open = await openSite(site);
    const text = (await readOverridesText(open)) ?? '';
    const overrides = compileOverrides(open, text);
    const now = open.powers.clock.now();
    const unmet = unmetIn(open, overrides);
    if (unmet.length > 0) throw new InvalidFile(unmet);
    const idle = [
      ...unknownSpokes(open, overrides),
      ...expired(overrides, now),
      ...shadowed(open, overrides, now),
    ];
    const told = new Set(idle.map(({ origin }) => formatOrigin(origin)));
    const remarks = [
      ...[...overrides.warnings.values()].flat(),
      ...idle,
      ...interpreters(overrides),
      // What does nothing for another reason need not be asked for either.
      ...(await neverAsked(open, overrides)).filter(({ origin }) => !told.has(formatOrigin(origin))),
    ];
    return { ok: true, problems: [], warnings: inOrder(remarks).map(formatRemark) };
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return { ok: false, problems: error.problems.map(formatProblem), warnings: [] };
  }
}

/** As they stand in the file, each once. */
function inOrder(remarks: readonly Remark[]): readonly Remark[] {
  const distinct = new Map(remarks.map((remark) => [formatRemark(remark), remark]));
  return [...distinct.values()].toSorted(
    ({ origin: a }, { origin: b }) => a.line - b.line || a.column - b.column,
  );
}

function unknownSpokes({ book, places }: OpenSite, { layers, expectations, text }: LoadedOverrides) {
  const names = book.list().map(({ manifest }) => manifest.name);
  const document = text === '' ? null : parseYaml(places.permissionsFile, text);
  const remark = (origin: Origin, name: string, what: string): Remark => ({
    origin,
    message: `no spoke '${name}' is loaded, so ${what}${didYouMean(name, names)}`,
  });
  const sections = [...layers.keys()].filter((name) => name !== '*' && !names.includes(name));
  return [
    ...sections.flatMap((name) =>
      document ? [remark(document.locateKey([name]), name, 'this section does nothing')] : [],
    ),
    ...expectations
      .filter(({ spoke }) => !names.includes(spoke))
      .map(({ spoke, origin }) => remark(origin, spoke, 'this is not checked')),
  ];
}

/** An entry of an action of root has but a name. */
type Entry = PathRule | CommandRule | { readonly rule: Rule; readonly pattern: string };

function entriesOf(layer: Layer): readonly Entry[] {
  const listed = typeof layer.exec?.value === 'object' ? layer.exec.value : [];
  const { grants, restrictions } = layer.privileged;
  const privileged = [...grants, ...restrictions].map((rule) => ({ rule, pattern: rule.pattern }));
  return [...PATH_LISTS.flatMap((list) => layer.paths[list]), ...listed, ...layer.commands, ...privileged];
}

function isOver({ expires }: Rule, now: number): boolean {
  return expires !== undefined && expires <= now;
}

function expired({ layers }: LoadedOverrides, now: number): readonly Remark[] {
  return [...layers.values()]
    .flatMap(entriesOf)
    .filter(({ rule }) => isOver(rule, now))
    .map(({ rule }) => ({
      origin: rule.origin,
      message: `${rule.action} '${rule.pattern}' does nothing: it expired on ${new Date(rule.expires ?? 0).toISOString()}`,
    }));
}

/** Entries of a section that another rule makes do nothing, in whichever file that is. */
function shadowed({ book }: OpenSite, overrides: LoadedOverrides, now: number): readonly Remark[] {
  return [...overrides.layers].flatMap(([name, layer]) => {
    const spoke = book.get(name);
    const others = name === '*' ? [layer] : [...(spoke ? [spoke.base] : []), ...layersFor(overrides, name)];
    const rules = others.flatMap(entriesOf).filter(({ rule }) => !isOver(rule, now));
    const isOff = name !== '*' && others.findLast(({ exec }) => exec !== undefined)?.exec?.value === false;
    return entriesOf(layer)
      .filter(({ rule }) => !isOver(rule, now))
      .flatMap((entry) => {
        const by = rules.find((other) => makesIdle(other, entry, rules));
        if (by) return [idle(entry.rule, by.rule)];
        if (!isOff || entry.rule.action !== 'exec') return [];
        return [
          { origin: entry.rule.origin, message: `exec '${entry.rule.pattern}' does nothing: exec is false` },
        ];
      });
  });
}

function idle({ origin, action, pattern }: Rule, by: Rule): Remark {
  const why = { allow: 'allows it already', ask: 'asks already', deny: 'denies it' }[by.effect];
  return {
    origin,
    message: `${action} '${pattern}' does nothing: ${formatOrigin(by.origin)} ${why} ('${by.pattern}')`,
  };
}

/** A denial of more, or the same effect on more that lasts at least as long. Of two that are alike the later is idle. */
function makesIdle(wide: Entry, narrow: Entry, order: readonly Entry[]): boolean {
  if (wide.rule === narrow.rule || wide.rule.action !== narrow.rule.action) return false;
  if ((wide.rule.expires ?? Number.POSITIVE_INFINITY) < (narrow.rule.expires ?? Number.POSITIVE_INFINITY))
    return false;
  const isAlike = wide.rule.effect === narrow.rule.effect;
  if (!isAlike && wide.rule.effect !== 'deny') return false;
  // A list of commands in an override takes the place of the manifest's, so the manifest's is not there.
  if (isAlike && narrow.rule.action === 'exec' && wide.rule.source !== narrow.rule.source) return false;
  // An ask on actions of root either lists one or restricts what is listed, and neither stands for the other.
  if (isAlike && narrow.rule.action === 'privileged' && narrow.rule.effect === 'ask') return false;
  if (!covers(wide, narrow)) return false;
  return !(isAlike && covers(narrow, wide) && order.indexOf(wide) > order.indexOf(narrow));
}

function covers({ pattern: wide }: Entry, { pattern: narrow }: Entry): boolean {
  if (typeof wide === 'string' || typeof narrow === 'string') return wide === narrow;
  if ('words' in wide) return 'words' in narrow && coversCommand(wide, narrow);
  return !('words' in narrow) && coversPath(wide, narrow);
}

function interpreters({ layers }: LoadedOverrides): readonly Remark[] {
  return [...layers.values()].flatMap(({ exec }) =>
    (typeof exec?.value === 'object' ? exec.value : [])
      .filter(({ pattern }) => runsAnything(pattern.words[0] ?? ''))
      .map(({ rule, pattern }) => ({
        origin: rule.origin,
        message: `exec '${rule.pattern}' allows more than it says: ${pattern.words[0]} runs whatever it is told to`,
      })),
  );
}

/**
 * Entries that allow what a spoke has never asked for, told only of spokes that have asked for that action at all. What is
 * denied beforehand is meant to match nothing.
 */
async function neverAsked(open: OpenSite, overrides: LoadedOverrides): Promise<readonly Remark[]> {
  const { requests } = await recordedRequests(open, Number.NEGATIVE_INFINITY);
  const replay = replayUnder(open, overrides);
  const met = new Set<Rule>();
  const asked = new Set<string>();
  for (const request of requests) {
    const now = await replay(request);
    if (now === null) continue;
    asked.add(`${request.spoke} ${request.action}`);
    for (const rule of matchingRules(now.policy, now.query)) met.add(rule);
  }
  return open.book.list().flatMap(({ manifest: { name } }: LoadedManifest) => {
    const layer = overrides.layers.get(name);
    if (layer === undefined) return [];
    return entriesOf(layer)
      .filter(
        ({ rule }) =>
          rule.effect !== 'deny' &&
          asked.has(`${name} ${rule.action}`) &&
          !met.has(rule) &&
          !isOver(rule, open.powers.clock.now()),
      )
      .map(({ rule }) => ({
        origin: rule.origin,
        message: `${rule.action} '${rule.pattern}' matches nothing that ${name} has asked for so far`,
      }));
  });
}
