import type { Places } from '../schemas/places.ts';
import type { Event } from '../schemas/wire.ts';
import { ConfigWatch } from './config-watch.ts';
import { Environments } from './environments/environments.ts';
import type { RecordEvent } from './open-state.ts';
import { configFiles } from './portal-powers.ts';
import type { Powers } from './powers.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import { watchFile } from './registry/watch.ts';

export interface FollowEnvironmentsInput {
  readonly powers: Powers;
  readonly places: Places;
  readonly book: SpokeBook;
  readonly recordEvent: RecordEvent;
  /** Tells one spoke, or all of them where none is named. */
  readonly tell: (event: Event, spoke?: string) => void;
  readonly onDefect: (error: unknown, where: string) => void;
}

/** What the configurations of spokes are made of beside their own text, kept up with what lies on disk. */
export interface FollowedEnvironments {
  readonly environments: Environments;
  /** Tells these spokes, and no others, when their configuration may be another. */
  readonly followConfigs: (spokes: readonly string[]) => void;
  readonly close: () => void;
}

export async function followEnvironments(input: FollowEnvironmentsInput): Promise<FollowedEnvironments> {
  const { powers, places, book, recordEvent, tell, onDefect } = input;
  const environments = await Environments.open({
    powers,
    file: places.environmentsFile,
    chosenFile: places.chosenEnvironment,
    configured: () => book.config.environment ?? null,
    onChange: (now, before) => {
      recordEvent('environment_change', null, { now, before });
      tell({ event: 'env_change', new: now, old: before });
      tell({ event: 'config_changed' });
    },
    onValues: () => tell({ event: 'config_changed' }),
  });
  const onError = (error: unknown) => onDefect(error, 'watch');
  const unwatch = await watchFile(
    powers,
    places.environmentsFile,
    () => void environments.refresh().catch((error: unknown) => onDefect(error, 'envs.yaml')),
    onError,
  );
  const configs = new ConfigWatch({
    powers,
    filesOf: (spoke) => {
      const { base, override } = configFiles(places, book, spoke);
      return [...new Set([...base, override])];
    },
    onChange: (spoke) => tell({ event: 'config_changed' }, spoke),
    onError,
  });
  return {
    environments,
    followConfigs: (spokes) => configs.follow(spokes),
    close() {
      unwatch();
      configs.close();
    },
  };
}
