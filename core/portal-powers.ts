import type { Places } from '../schemas/places.ts';
import type { HudSegments } from './hud/segments.ts';
import { DEFAULT_PATH } from './jobs/environment.ts';
import { failedUnits } from './jobs/failed-units.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { NotificationQueue } from './notify/queue.ts';
import type { Permissions } from './permissions.ts';
import type { PortalPowers } from './portals/index.ts';
import type { Powers } from './powers.ts';
import { parseConfigValues, readConfigOverride } from './registry/config-source.ts';
import type { SpokeBook } from './registry/spoke-book.ts';

export interface PortalPowersInput {
  readonly powers: Powers;
  readonly places: Places;
  readonly home: string;
  readonly devfs: number | null;
  readonly book: SpokeBook;
  readonly queue: NotificationQueue;
  readonly hud: HudSegments;
  readonly jobs: Jobs;
  readonly permissions: Permissions;
}

/** What each portal is handed of the daemon: all that it can touch. What the configuration says is looked up each time. */
export function portalPowers(input: PortalPowersInput): PortalPowers {
  const { powers, places, home, devfs, book, queue, hud, jobs, permissions } = input;
  const { files, replaceFile, randomHex, uid, env } = powers;
  return {
    notify: { notify: (source, notice) => queue.add(source, notice) },
    exec: {
      files,
      runner: jobs,
      isScoped: (spoke) => permissions.effective(spoke).exec_profile.value === 'scoped',
      get path() {
        return book.config.exec.path ?? DEFAULT_PATH;
      },
    },
    paths: { files, home, devfs, uid, randomHex },
    hud: { setSegment: (spoke, value) => hud.set(spoke, value) },
    permissions: { effective: permissions.effective, reload: permissions.reload },
    config: {
      files,
      home,
      devfs,
      env,
      filesOf: (spoke) => ({
        base: [`${places.spokesDirectory}/${spoke}`, book.get(spoke)?.directory]
          .filter((directory) => directory !== undefined)
          .map((directory) => `${directory}/${spoke}.yaml`),
        override: `${places.overridesDirectory}/${spoke}.yaml`,
      }),
      readOverride: (file) => readConfigOverride(files, file),
      parse: parseConfigValues,
      environment: () => book.config.environment ?? null,
    },
    facts: { files, home, failedUnits: () => failedUnits(powers) },
    storage: {
      files,
      replaceFile,
      root: places.storage,
      get quota() {
        return book.config.storage.quota;
      },
    },
  };
}
