import type { SpokePermissions } from '../schemas/control.ts';
import type { CommandTarget } from '../schemas/decision.ts';
import type { Effective } from '../schemas/effective.ts';
import { type Places, spokesPath } from '../schemas/places.ts';
import { AxiumError } from './errors.ts';
import type { RecordEvent } from './open-state.ts';
import { decideStrictest } from './policy/decide.ts';
import { describePolicy } from './policy/describe.ts';
import type { Anchors } from './policy/match-path.ts';
import type { Guard, Policy } from './policy/policy.ts';
import type { Powers } from './powers.ts';
import { createAnchorFinder } from './registry/anchors.ts';
import { droppedRestrictions } from './registry/dropped.ts';
import { type LoadedOverrides, layersFor, remarksFor } from './registry/load-overrides.ts';
import { OverridesFile, type OverridesState } from './registry/overrides-file.ts';
import { formatProblem } from './registry/problem.ts';
import { createRights, type SpokeRights } from './registry/rights.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import { formatRemark, spokePermissions } from './registry/spoke-permissions.ts';

export interface PermissionsInput {
  readonly powers: Powers;
  readonly places: Places;
  readonly home: string;
  readonly packageRoot: string;
  readonly strict: boolean;
  /** How a spoke is confined, by its name. */
  readonly levelOf: (spoke: string) => string;
  readonly book: SpokeBook;
  readonly recordEvent: RecordEvent;
  /** Rights were taken away: what runs and may not any more is to be ended. */
  readonly onLost: (mayRun: (spoke: string, target: CommandTarget) => boolean) => void;
  readonly onChanged: (spoke: string) => void;
}

/** What the rest of the daemon asks about permissions. */
export interface Permissions {
  readonly of: (spoke: string) => Pick<SpokeRights, 'hash'> & { readonly policies: readonly Policy[] };
  readonly anchors: (policies: readonly Policy[]) => Promise<Anchors>;
  readonly effective: (spoke: string) => Effective;
  readonly list: () => readonly SpokePermissions[];
  /** Reads one spoke's manifest and permissions.yaml again. */
  readonly reload: (spoke: string) => Promise<void>;
  /** Looks at permissions.yaml again, since it may have changed. */
  readonly refresh: () => Promise<void>;
  /** Logs what a newly read set of spokes should make known. */
  readonly announce: () => Promise<void>;
  readonly overrides: () => { readonly in_force: boolean; readonly problems: readonly string[] };
  readonly notes: () => readonly string[];
}

/** Brings together what spokes declare, what their user overrides, and the places that nobody can be given. */
export async function openPermissions(input: PermissionsInput): Promise<Permissions> {
  const { powers, places, book, strict, levelOf } = input;
  const { log } = powers;
  let own = await ownPlaces(input);
  const guard = (): Guard => ({ home: input.home, neverWrite: own });
  const findAnchors = createAnchorFinder(powers);
  /** The policy of each spoke as it was last made known; null until the first time. */
  let hashes: ReadonlyMap<string, string> | null = null;
  const overrides = new OverridesFile({
    powers,
    file: places.permissionsFile,
    lastGoodFile: places.lastGoodPermissions,
    expansion: { home: input.home, env: powers.env },
    onChange: (state, before) => changed(state, before),
    onWarning: (message) => log.warn(message),
  });
  const rights = createRights({ strict, guard, overrides: () => overrides.state });
  const of: Permissions['of'] = (spoke) => {
    const known = book.get(spoke);
    // A spoke that is gone from disk while its process ends has no rights left.
    return known ? rights.of(known) : { policies: [], hash: '' };
  };

  function changed(state: OverridesState, previous: OverridesState): void {
    if (state.problems.length > 0 && state.problems !== previous.problems) {
      log.error(
        `permissions.yaml is not taken; what was in force stays:\n${state.problems.map(formatProblem).join('\n')}`,
      );
    }
    if (hashes === null) return;
    if (state.inForce !== previous.inForce) logWarnings(state.inForce);
    recordChanges(hashes);
  }

  function logWarnings(loaded: LoadedOverrides | null): void {
    if (!loaded || strict) return;
    for (const warning of [...loaded.warnings.values()].flat()) log.warn(formatRemark(warning));
  }

  /** Makes known what differs from the last time, and takes away what depended on it. */
  function recordChanges(last: ReadonlyMap<string, string>): void {
    const now = currentHashes();
    const spokes = [...now.keys()].filter((spoke) => last.get(spoke) !== now.get(spoke));
    for (const spoke of spokes) {
      const [before, after] = [last.get(spoke) ?? null, now.get(spoke) ?? null];
      input.recordEvent('authz_change', spoke, { before, after });
      input.onChanged(spoke);
    }
    hashes = now;
    if (spokes.length > 0) input.onLost(mayRun);
  }

  function currentHashes(): ReadonlyMap<string, string> {
    return new Map(book.list().map((spoke) => [spoke.manifest.name, rights.of(spoke).hash]));
  }

  function mayRun(spoke: string, target: CommandTarget): boolean {
    const query = { action: 'exec', target, anchors: new Map(), now: powers.clock.now() } as const;
    return decideStrictest(of(spoke).policies, query).effect === 'allow';
  }

  /** Where our own files really lie can change with a link. */
  async function lookAtOwn(): Promise<void> {
    const now = await ownPlaces(input);
    if (now.join('\n') === own.join('\n')) return;
    own = now;
    rights.forget();
  }

  const reloads = new Map<string, { readonly at: number; readonly done: Promise<void> }>();
  await overrides.start();
  const list = () =>
    book.list().map((spoke) => {
      const { inForce } = overrides.state;
      const remarks = inForce && !strict ? remarksFor(inForce, spoke.manifest.name) : [];
      const [policy] = rights.of(spoke).policies;
      const level = levelOf(spoke.manifest.name);
      return spokePermissions({ spoke, policy, level, permissionsFile: places.permissionsFile, remarks });
    });
  return {
    of,
    anchors: async (policies) => mergeAnchors(await Promise.all(policies.map(findAnchors))),
    effective(spoke) {
      const [policy] = of(spoke).policies;
      if (!policy) throw new AxiumError('not_found', `spoke '${spoke}' not found`);
      return describePolicy(policy);
    },
    list,
    reload(spoke) {
      const now = powers.clock.monotonic();
      const last = reloads.get(spoke);
      // A spoke may ask for this as often as it likes; the files are read once a second for it.
      if (last && now - last.at < RELOAD_MS) return last.done;
      const done = Promise.all([book.refreshOne(spoke), overrides.refresh()]).then(() => {
        if (hashes !== null) recordChanges(hashes);
      });
      reloads.set(spoke, { at: now, done });
      return done;
    },
    async refresh() {
      await lookAtOwn();
      await overrides.refresh();
    },
    async announce() {
      await lookAtOwn();
      rights.forget();
      recordChanges(hashes ?? new Map());
      const { inForce } = overrides.state;
      for (const { manifest, warnings } of book.list()) {
        for (const warning of warnings) log.warn(formatRemark(warning));
        if (!strict) continue;
        log.info(`Strict mode enabled, ignoring overrides for spoke: ${manifest.name}`);
        for (const where of inForce ? droppedRestrictions(layersFor(inForce, manifest.name)) : []) {
          log.warn(`strict mode drops a restriction of spoke ${manifest.name}: ${where}`);
        }
      }
      logWarnings(inForce);
    },
    overrides: () => ({
      in_force: !strict && overrides.state.inForce !== null && overrides.state.inForce.text !== '',
      problems: overrides.state.problems.map(formatProblem),
    }),
    notes: () => (strict ? ['strict mode: only spoke.yaml counts'] : notesOf(overrides.state)),
  };
}

function notesOf({ inForce, problems }: OverridesState): readonly string[] {
  if (inForce === null)
    return ['permissions.yaml has never been valid, so spokes may do nothing beyond the HUD'];
  return problems.length > 0 ? ['permissions.yaml is not valid now; its last valid version is in force'] : [];
}

/**
 * The places that no rule opens, each as it is named and where it really is: our own directories, each file of ours that
 * may be a link into a directory of the user's, and every place in which a spoke is or could come to be.
 */
async function ownPlaces({
  powers,
  places,
  packageRoot,
  book,
}: PermissionsInput): Promise<readonly string[]> {
  const { config, state, run, permissionsFile, configFile, overridesDirectory, spokesDirectory } = places;
  const named = [
    ...[config, state, run, permissionsFile, configFile, overridesDirectory, spokesDirectory, packageRoot],
    ...spokesPath(powers.env),
    ...book.list().map(({ directory }) => directory),
    ...book.refused.map(({ directory }) => directory),
  ];
  const real = await Promise.all(named.map((path) => powers.files.realpath(path).catch(() => path)));
  return [...new Set([...named, ...real])];
}

/** How often a spoke can have its files read again. */
const RELOAD_MS = 1000;

function mergeAnchors(maps: readonly Anchors[]): Anchors {
  const [only, second] = maps;
  return only && !second ? only : new Map(maps.flatMap((map) => [...map]));
}
