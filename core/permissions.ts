import { createHash } from 'node:crypto';
import type { SpokePermissions } from '../schemas/control-shown.ts';
import type { Effective } from '../schemas/effective.ts';
import type { Places } from '../schemas/places.ts';
import type { ConsentBook } from './consents.ts';
import { AxiumError } from './errors.ts';
import { KeptFresh } from './kept-fresh.ts';
import type { RecordEvent } from './open-state.ts';
import { ownPlaces } from './own-places.ts';
import { describePolicy } from './policy/describe.ts';
import type { Anchors } from './policy/match-path.ts';
import type { Guard, Policy } from './policy/policy.ts';
import type { Powers } from './powers.ts';
import { createAnchorFinder } from './registry/anchors.ts';
import { droppedRestrictions } from './registry/dropped.ts';
import { unmetExpectations } from './registry/expectations.ts';
import type { HostPolicyKeeper } from './registry/host-policy-file.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import { type LoadedOverrides, layersFor, remarksFor } from './registry/load-overrides.ts';
import { OverridesFile, type OverridesState } from './registry/overrides-file.ts';
import { formatProblem } from './registry/problem.ts';
import type { FindExchanged } from './registry/same-directories.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import { formatRemark, spokePermissions } from './registry/spoke-permissions.ts';
import { RightsChanges } from './rights-changes.ts';
import { type MayRun, type RightsInForce, rightsInForce } from './rights-in-force.ts';
import { hostPolicyNotes, overridesNotes, waitingNotes } from './standing-notes.ts';

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

/** What the rest of the daemon asks about permissions. */
export interface Permissions {
  readonly of: RightsInForce['of'];
  /** The rights of one version of a spoke, be it the one that counts or not. */
  readonly ofVersion: RightsInForce['ofVersion'];
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

/** Brings together what spokes declare, what their user overrides, and the places that nobody can be given. */
export async function openPermissions(input: PermissionsInput): Promise<Permissions> {
  const { powers, places, book, strict, levelOf, host, consents } = input;
  const { log } = powers;
  let own = await ownPlaces(input);
  /** A spoke with ten thousand patterns may ask for them again and again. */
  const described = new WeakMap<Policy, Effective>();
  const guard = (): Guard => ({ home: input.home, neverWrite: own });
  const standing = { consent: consents.foreseen, closed: consents.closed };
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
  const rights = rightsInForce({
    ...{ book, clock: powers.clock, strict },
    guard,
    overrides: () => overrides.state,
    consent: consents.of,
    closed: consents.closed,
    host: () => host.state,
  });
  const changes = new RightsChanges({ ...input, clock: powers.clock, rights });
  const findAnchors = createAnchorFinder(powers, rights.policies);

  function changed(state: OverridesState, previous: OverridesState): void {
    if (state.problems.length > 0 && state.problems !== previous.problems) {
      log.error(
        `permissions.yaml is not taken; what was in force stays:\n${state.problems.map(formatProblem).join('\n')}`,
      );
      const [first] = state.problems.map(formatProblem);
      input.recordEvent('overrides_refused', null, { problem: first?.split('\n')[0]?.slice(0, MAX_PROBLEM) });
    }
    if (changes.begun && state.inForce !== previous.inForce) logWarnings(state.inForce);
    changes.notice();
  }

  function logWarnings(loaded: LoadedOverrides | null): void {
    if (!loaded || strict()) return;
    for (const warning of [...loaded.warnings.values()].flat()) log.warn(formatRemark(warning));
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
      const [policy] = rights.declared(spoke).policies;
      const level = levelOf(spoke.manifest.name);
      return spokePermissions({ spoke, policy, level, permissionsFile: places.permissionsFile, remarks });
    });
  return {
    of: rights.of,
    ofVersion: rights.ofVersion,
    async anchors(policies) {
      // A link can be made at any time, and what it leads to is ours from then on.
      await ownLooks.get();
      return mergeAnchors(await Promise.all(policies.map(findAnchors)));
    },
    effective(spoke) {
      const [policy] = rights.of(spoke).policies;
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
      const done = Promise.all([book.refreshOne(spoke), overrides.refresh()]).then(() => changes.notice());
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
      changes.begin();
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
    noticeSpokes: () => changes.notice(),
    revokeLost: () => changes.revokeLost(),
    overrides: () => ({
      in_force: !strict() && overrides.state.inForce !== null && overrides.state.inForce.text !== '',
      problems: overrides.state.problems.map(formatProblem),
    }),
    close: () => changes.close(),
    notes: () => [
      ...hostPolicyNotes(host.state, host.file),
      ...(strict() ? ['strict mode: only spoke.yaml counts'] : overridesNotes(overrides.state)),
      ...consents.notes(),
      ...waitingNotes(book.found, (spoke) => rights.declared(spoke).policies),
    ],
  };
}

/** How old the answer to where our own files lie may be: as fresh as an edit of permissions.yaml is promised to be. */
const OWN_MS = 1000;

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
