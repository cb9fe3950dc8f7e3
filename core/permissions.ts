import { createHash } from 'node:crypto';
import type { SpokePermissions } from '../schemas/control.ts';
import type { CommandTarget } from '../schemas/decision.ts';
import type { Effective } from '../schemas/effective.ts';
import type { Places } from '../schemas/places.ts';
import type { ConsentBook } from './consents.ts';
import { AxiumError } from './errors.ts';
import { KeptFresh } from './kept-fresh.ts';
import type { RecordEvent } from './open-state.ts';
import { ownPlaces } from './own-places.ts';
import { decideStrictest } from './policy/decide.ts';
import { describePolicy } from './policy/describe.ts';
import { expiresBetween } from './policy/expiry.ts';
import type { Anchors } from './policy/match-path.ts';
import type { Guard, Policy } from './policy/policy.ts';
import type { Powers } from './powers.ts';
import { createAnchorFinder } from './registry/anchors.ts';
import { droppedRestrictions } from './registry/dropped.ts';
import { unmetExpectations } from './registry/expectations.ts';
import { watchExpiries } from './registry/expiry-watch.ts';
import type { HostPolicyKeeper } from './registry/host-policy-file.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import { type LoadedOverrides, layersFor, remarksFor } from './registry/load-overrides.ts';
import { OverridesFile, type OverridesState } from './registry/overrides-file.ts';
import { formatProblem } from './registry/problem.ts';
import { createRights, type SpokeRights } from './registry/rights.ts';
import { compareRules } from './registry/rule-changes.ts';
import type { FindExchanged } from './registry/same-directories.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import { formatRemark, spokePermissions } from './registry/spoke-permissions.ts';
import { hostPolicyNotes, waitingNotes } from './standing-notes.ts';

export interface PermissionsInput {
  readonly powers: Powers;
  readonly places: Places;
  readonly home: string;
  readonly packageRoot: string;
  /** Whether only spoke.yaml counts. */
  readonly strict: () => boolean;
  readonly host: Pick<HostPolicyKeeper, 'state' | 'file'>;
  readonly consents: Pick<ConsentBook, 'of' | 'foreseen' | 'closed' | 'notice' | 'notes'>;
  /** How a spoke is confined, by its name. */
  readonly levelOf: (spoke: string) => string;
  readonly book: SpokeBook;
  readonly recordEvent: RecordEvent;
  readonly findExchanged?: FindExchanged;
  /** Rights were taken away: what runs and may not any more is to be ended. */
  readonly onLost: (mayRun: MayRun) => void;
  readonly onChanged: (spoke: string) => void;
  /** A rule has expired. */
  readonly onExpiry?: () => void;
}

/** Whether a command may go on; where a person has to be asked about it, because one has said yes. */
export type MayRun = (spoke: string, target: CommandTarget, approved: boolean) => boolean;

/** What the rest of the daemon asks about permissions. */
export interface Permissions {
  readonly of: (spoke: string) => Pick<SpokeRights, 'hash'> & { readonly policies: readonly Policy[] };
  /** The rights of one version of a spoke, be it the one that counts or not. */
  readonly ofVersion: (spoke: LoadedManifest) => ReturnType<Permissions['of']>;
  readonly anchors: (policies: readonly Policy[]) => Promise<Anchors>;
  readonly effective: (spoke: string) => Effective;
  readonly list: () => readonly SpokePermissions[];
  /** Reads one spoke's manifest and permissions.yaml again. */
  readonly reload: (spoke: string) => Promise<void>;
  /** Ends what runs and is allowed by no version that counts, as what a refused version had started. */
  readonly revokeLost: () => void;
  /** Looks at permissions.yaml again, since it may have changed. */
  readonly refresh: () => Promise<void>;
  /** The same, and which text is in force once that is settled: its SHA-256, null while one waits to be confirmed. */
  readonly load: () => Promise<{ readonly sha256: string | null; readonly problems: readonly string[] }>;
  /** Logs what a newly read set of spokes should make known: of all of them, or only of those that are new. */
  readonly announce: (only?: readonly LoadedManifest[]) => Promise<void>;
  /** To be called when another version of a spoke counts. */
  readonly noticeSpokes: () => void;
  readonly overrides: () => { readonly in_force: boolean; readonly problems: readonly string[] };
  readonly notes: () => readonly string[];
  /** Waits for no expiry any more. */
  readonly close: () => void;
}

/** What was made known of all spokes at a moment, in milliseconds since the epoch. */
interface MadeKnown {
  readonly at: number;
  readonly rights: ReadonlyMap<string, ReturnType<Permissions['of']>>;
}

/** Brings together what spokes declare, what their user overrides, and the places that nobody can be given. */
export async function openPermissions(input: PermissionsInput): Promise<Permissions> {
  const { powers, places, book, strict, levelOf, host, consents } = input;
  const { log } = powers;
  let own = await ownPlaces(input);
  /** A spoke with ten thousand patterns may ask for them again and again. */
  const described = new WeakMap<Policy, Effective>();
  const guard = (): Guard => ({ home: input.home, neverWrite: own });
  const standing = { consent: consents.foreseen, closed: consents.closed };
  /** The rights of each spoke as they were last made known, and when; null until the first time. */
  let made: MadeKnown | null = null;
  const overrides = new OverridesFile({
    powers,
    file: places.permissionsFile,
    lastGoodFile: places.lastGoodPermissions,
    expansion: { home: input.home, env: powers.env },
    ...(input.findExchanged ? { findExchanged: input.findExchanged } : {}),
    failures: (version) =>
      unmetExpectations(version, book, { guard: guard(), now: powers.clock.now(), standing }),
    onChange: (state, before) => changed(state, before),
    onWarning: (message) => log.warn(message),
  });
  const rights = createRights({
    strict,
    guard,
    overrides: () => overrides.state,
    consent: consents.of,
    closed: consents.closed,
    host: () => host.state,
  });
  /** The policies of every spoke there is, also of a version that is still to replace another. */
  const everyPolicy = () => [...book.list(), ...book.found].flatMap((spoke) => rights.of(spoke).policies);
  const expiries = watchExpiries({
    clock: powers.clock,
    policies: everyPolicy,
    onExpiry: () => {
      input.onExpiry?.();
      if (made !== null) recordChanges(made);
    },
  });
  const findAnchors = createAnchorFinder(powers, everyPolicy);
  const of: Permissions['of'] = (spoke) => {
    const known = book.get(spoke);
    // A spoke that is gone from disk while its process ends has no rights left.
    if (!known) return NO_RIGHTS;
    const next = book.found.find(({ manifest }) => manifest.name === spoke);
    return next === undefined || next === known ? rights.of(known) : both(rights.of(known), rights.of(next));
  };

  function changed(state: OverridesState, previous: OverridesState): void {
    if (state.problems.length > 0 && state.problems !== previous.problems) {
      log.error(
        `permissions.yaml is not taken; what was in force stays:\n${state.problems.map(formatProblem).join('\n')}`,
      );
      const [first] = state.problems.map(formatProblem);
      input.recordEvent('overrides_refused', null, { problem: first?.split('\n')[0]?.slice(0, MAX_PROBLEM) });
    }
    if (made === null) return;
    if (state.inForce !== previous.inForce) logWarnings(state.inForce);
    recordChanges(made);
  }

  function logWarnings(loaded: LoadedOverrides | null): void {
    if (!loaded || strict()) return;
    for (const warning of [...loaded.warnings.values()].flat()) log.warn(formatRemark(warning));
  }

  /** Makes known what differs from the last time, and takes away what depended on it. */
  function recordChanges(last: MadeKnown): void {
    const at = powers.clock.now();
    const rights = new Map(book.list().map(({ manifest: { name } }) => [name, of(name)]));
    const all = new Set([...last.rights.keys(), ...rights.keys()]);
    const spokes = [...all].filter((spoke) => {
      const [before, after] = [last.rights.get(spoke), rights.get(spoke)];
      return before?.hash !== after?.hash || expiresBetween(after?.policies ?? [], last.at, at);
    });
    for (const spoke of spokes) {
      const [before, after] = [last.rights.get(spoke), rights.get(spoke)];
      const rules = compareRules(
        { policies: before?.policies ?? [], now: last.at },
        { policies: after?.policies ?? [], now: at },
      );
      if (before && after && isOnlyWaiting(after, rules)) {
        rights.set(spoke, before);
        continue;
      }
      const detail = { before: before?.hash ?? null, after: after?.hash ?? null, ...rules };
      input.recordEvent('authz_change', spoke, detail);
      input.onChanged(spoke);
    }
    made = { at, rights };
    expiries.rearm();
    if (spokes.length > 0) input.onLost(mayRun);
  }

  function mayRun(spoke: string, target: CommandTarget, approved: boolean): boolean {
    const query = { action: 'exec', target, anchors: new Map(), now: powers.clock.now() } as const;
    const { effect } = decideStrictest(of(spoke).policies, query);
    return effect === 'allow' || (effect === 'ask' && approved);
  }

  /** Where our own files really lie can change with a link. */
  async function lookAtOwn(): Promise<void> {
    const now = await ownPlaces(input);
    if (now.join('\n') === own.join('\n')) return;
    own = now;
    rights.forget();
  }
  const ownLooks = new KeptFresh(powers.clock, OWN_MS, lookAtOwn);

  const reloads = new Map<string, { readonly at: number; readonly done: Promise<void> }>();
  await overrides.start();
  const list = () =>
    book.list().map((spoke) => {
      const { inForce } = overrides.state;
      const remarks = inForce && !strict() ? remarksFor(inForce, spoke.manifest.name) : [];
      const [policy] = rights.of(spoke).policies;
      const level = levelOf(spoke.manifest.name);
      return spokePermissions({ spoke, policy, level, permissionsFile: places.permissionsFile, remarks });
    });
  return {
    of,
    ofVersion: (spoke) => (book.get(spoke.manifest.name) ? rights.of(spoke) : NO_RIGHTS),
    async anchors(policies) {
      // A link can be made at any time, and what it leads to is ours from then on.
      await ownLooks.get();
      return mergeAnchors(await Promise.all(policies.map(findAnchors)));
    },
    effective(spoke) {
      const [policy] = of(spoke).policies;
      if (!policy) throw new AxiumError('not_found', `spoke '${spoke}' not found`);
      const known = described.get(policy) ?? describePolicy(policy);
      described.set(policy, known);
      return known;
    },
    list,
    reload(spoke) {
      const now = powers.clock.monotonic();
      const last = reloads.get(spoke);
      // A spoke may ask for this as often as it likes; the files are read once a second for it.
      if (last && now - last.at < RELOAD_MS) return last.done;
      const done = Promise.all([book.refreshOne(spoke), overrides.refresh()]).then(() => {
        if (made !== null) recordChanges(made);
      });
      reloads.set(spoke, { at: now, done });
      return done;
    },
    async refresh() {
      await lookAtOwn();
      await overrides.refresh();
    },
    async load() {
      await overrides.refresh();
      const { inForce, pending, problems } = overrides.state;
      const sha256 = inForce === null || pending !== null ? null : sha256Of(inForce.text);
      return { sha256, problems: problems.map(formatProblem) };
    },
    async announce(only) {
      await lookAtOwn();
      // Before any right of theirs counts.
      await consents.notice(book.found);
      if (only === undefined) rights.forget();
      recordChanges(made ?? { at: powers.clock.now(), rights: new Map() });
      const { inForce } = overrides.state;
      for (const { manifest, warnings } of only ?? book.list()) {
        for (const warning of warnings) log.warn(formatRemark(warning));
        if (!strict()) continue;
        log.info(`Strict mode enabled, ignoring overrides for spoke: ${manifest.name}`);
        for (const where of inForce ? droppedRestrictions(layersFor(inForce, manifest.name)) : []) {
          log.warn(`strict mode drops a restriction of spoke ${manifest.name}: ${where}`);
        }
      }
      if (only === undefined) logWarnings(inForce);
    },
    noticeSpokes() {
      if (made !== null) recordChanges(made);
    },
    revokeLost: () => input.onLost(mayRun),
    overrides: () => ({
      in_force: !strict() && overrides.state.inForce !== null && overrides.state.inForce.text !== '',
      problems: overrides.state.problems.map(formatProblem),
    }),
    close: () => expiries.close(),
    notes: () => [
      ...hostPolicyNotes(host.state, host.file),
      ...(strict() ? ['strict mode: only spoke.yaml counts'] : notesOf(overrides.state)),
      ...consents.notes(),
      ...waitingNotes(book.found, (spoke) => rights.of(spoke).policies),
    ],
  };
}

/**
 * While a changed version is still to take the place of the one that counts, both must allow: what it no longer asks for
 * is gone at once, even where the new one does not run, for that could be the spoke's own doing.
 */
function both(counts: SpokeRights, next: SpokeRights): SpokeRights {
  if (counts.hash === next.hash) return counts;
  const [first, ...rest] = counts.policies;
  return { policies: [first, ...rest, ...next.policies], hash: `${counts.hash}+${next.hash}` };
}

/** True where a version that waits to take its place takes nothing away: what it adds is a change once it has the place. */
function isOnlyWaiting(
  { policies }: ReturnType<Permissions['of']>,
  { added, removed }: ReturnType<typeof compareRules>,
): boolean {
  return policies.length > 1 && added.length === 0 && removed.length === 0;
}

function notesOf({ inForce, pending, problems }: OverridesState): readonly string[] {
  if (inForce === null)
    return ['permissions.yaml has never been valid, so spokes may do nothing beyond the HUD'];
  if (problems.length > 0 && pending === null)
    return ['permissions.yaml is not valid now; its last valid version is in force'];
  return pending === null
    ? []
    : ['permissions.yaml has changed: what it takes away counts, what it adds does not yet'];
}

/** How old the answer to where our own files lie may be: as fresh as an edit of permissions.yaml is promised to be. */
const OWN_MS = 1000;

const NO_RIGHTS: ReturnType<Permissions['of']> = { policies: [], hash: '' };

/** Characters of a problem that a record keeps. */
const MAX_PROBLEM = 500;

/** How often a spoke can have its files read again. */
const RELOAD_MS = 1000;

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function mergeAnchors(maps: readonly Anchors[]): Anchors {
  const [only, second] = maps;
  return only && !second ? only : new Map(maps.flatMap((map) => [...map]));
}
