import { isWithin } from '../schemas/path-text.ts';
import type { Places } from '../schemas/places.ts';
import type { SpokeCommands } from './commands/spoke-commands.ts';
import type { Environments } from './environments/environments.ts';
import type { HudSegments } from './hud/segments.ts';
import { DEFAULT_PATH } from './jobs/environment.ts';
import { failedUnits } from './jobs/failed-units.ts';
import type { Jobs } from './jobs/jobs.ts';
import { KeptFresh } from './kept-fresh.ts';
import type { NotificationQueue } from './notify/queue.ts';
import type { OpenCached } from './open-cached.ts';
import type { OpenState, RecordEvent } from './open-state.ts';
import type { Permissions } from './permissions.ts';
import type { ConfigFiles } from './portals/get-config.ts';
import type { PortalPowers } from './portals/index.ts';
import { LocalFiles } from './portals/local-files.ts';
import { findLocalMounts } from './portals/local-mounts.ts';
import { ParsedConfigs } from './portals/parsed-configs.ts';
import type { Powers } from './powers.ts';
import { openPrivileged } from './privileged/privileged.ts';
import { BrokenFiles } from './registry/broken-files.ts';
import {
  type HearProblems,
  parseConfigValues,
  readConfigOverride,
  refuseStrangersConfig,
} from './registry/config-source.ts';
import { ANYBODY } from './registry/discover.ts';
import { ownersFor } from './registry/owners.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import { placesToKeepOut, type Scopes } from './scopes.ts';
import type { Lines } from './supervisor/lines.ts';
import type { Watches } from './watches/watches.ts';

export interface PortalPowersInput {
  readonly powers: Powers;
  readonly places: Places;
  readonly home: string;
  readonly devfs: number | null;
  readonly openCached: OpenCached | null;
  readonly book: SpokeBook;
  readonly queue: NotificationQueue;
  readonly hud: HudSegments;
  readonly jobs: Jobs;
  readonly permissions: Permissions;
  readonly scopes: Scopes;
  readonly environments: Environments;
  readonly commands: SpokeCommands;
  readonly watches: Watches;
  readonly lines: Lines;
  readonly preview: PortalPowers['can']['preview'];
  readonly packageRoot: string;
  readonly recordEvent: RecordEvent;
  readonly logs: OpenState['logs'];
  /** Whether this host can confine commands to a scope. */
  readonly canConfine: boolean;
}

/** What each portal is handed of the daemon: all that it can touch. What the configuration says is looked up each time. */
export function portalPowers(input: PortalPowersInput): PortalPowers {
  const { powers, places, home, devfs, book, queue, hud, jobs, permissions, scopes, canConfine } = input;
  const { files, filesNow, randomHex, uid, env } = powers;
  const mounts = new KeptFresh(powers.clock, MOUNTS_MS, () => findLocalMounts(files));
  const local = new LocalFiles({ files, filesNow, mounts: () => mounts.get(), openCached: input.openCached });
  const { environments, commands } = input;
  const broken = new BrokenFiles();
  /** A spoke asks for its configuration as often as it likes, and is no reason to say the same again. */
  const hearFor =
    (spoke: string): HearProblems =>
    (file, problems) => {
      if (!broken.isNews(file, problems)) return;
      const what = `its configuration is not valid:\n${problems}`;
      input.logs.of(spoke).note(what);
      powers.log.warn(`spoke ${spoke}: ${what}`);
    };
  return {
    notify: { notify: (source, notice) => queue.add(source, notice) },
    exec: {
      files,
      runner: jobs,
      isScoped: scopes.isScoped,
      lineTo: ({ instance }) => input.lines.to(instance),
      ...(canConfine
        ? {
            scope: {
              files,
              home,
              devfs,
              keepOut: () => placesToKeepOut(files, places),
              granted: scopes.granted,
            },
          }
        : {}),
      get path() {
        return book.config.exec.path ?? DEFAULT_PATH;
      },
    },
    paths: { files, home, devfs, local, uid, randomHex, granted: scopes.granted, watching: input.watches },
    hud: { setSegment: (spoke, value) => hud.set(spoke, value) },
    permissions: {
      effective: permissions.effective,
      reload: permissions.reload,
      now: powers.clock.now,
    },
    can: { preview: input.preview },
    config: {
      files,
      home,
      devfs,
      local,
      env,
      filesOf: (spoke) => configFiles(places, book, spoke),
      readOverride: (file, spoke) => readConfigOverride(files, file, ownersFor(powers), hearFor(spoke)),
      refuseStrangers: (file, spoke) => {
        const found = book.get(spoke);
        const isBundled = found?.bundled === true && isWithin(file, found.directory);
        return refuseStrangersConfig(files, file, isBundled ? ANYBODY : ownersFor(powers));
      },
      parse: (file, bytes, spoke) => parseConfigValues(file, bytes, hearFor(spoke)),
      parsed: new ParsedConfigs(powers.clock.now),
      environment: () => environments.active,
      environmentValues: () => environments.values,
    },
    commands: {
      register: (subject, command, about) => commands.register(subject, command, about),
      finish: (subject, call, result) => commands.finish(subject, call, result),
    },
    facts: { files, home, failedUnits: () => failedUnits(powers), monotonic: powers.clock.monotonic },
    privileged: openPrivileged({
      powers,
      settings: () => book.config.executor,
      shipped: `${input.packageRoot}/packaging/actions.yaml`,
      recordEvent: input.recordEvent,
    }),
    storage: {
      files,
      root: places.storage,
      get quota() {
        return book.config.storage.quota;
      },
      now: powers.clock.now,
      onDamaged: (spoke, keptAs) =>
        powers.log.warn(`a stored value of spoke ${spoke} was damaged; it is kept as ${keptAs}`),
    },
  };
}

/** How old the table of mounts may be that tells which are local. */
const MOUNTS_MS = 1000;

/** The user's file first. A bundled spoke without one has what came with its code, which it may read anyway. */
export function configFiles(places: Places, book: SpokeBook, spoke: string): ConfigFiles {
  const users = `${places.spokesDirectory}/${spoke}/${spoke}.yaml`;
  const found = book.get(spoke);
  const own = found === undefined ? users : `${found.directory}/${spoke}.yaml`;
  return {
    base: [users, own],
    absent: found?.bundled ? own : users,
    override: `${places.overridesDirectory}/${spoke}.yaml`,
  };
}
