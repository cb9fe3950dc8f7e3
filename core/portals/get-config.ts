import type { FileHandle } from 'node:fs/promises';
import {
  activeValues,
  type ConfigValue,
  deepMerge,
  expandValues,
  type Variables,
  valueAt,
} from './config-values.ts';
import { readThrough } from './fs-read.ts';
import { type Portal, type Reply, resolved, type Subject } from './portal.ts';
import { type PathPowers, resolveForReading } from './resolve-path.ts';

const MAX_BYTES = 65_536;

/** Names that a base file may use: it can come from the spoke's author, who must not read the daemon's environment. */
const HARMLESS = [
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'XDG_CONFIG_HOME',
  'XDG_CACHE_HOME',
  'XDG_DATA_HOME',
  'XDG_STATE_HOME',
];

export interface ConfigPowers extends PathPowers {
  /** Where a spoke's configuration lies, the first that is there being the base file; and the user's changes to it. */
  readonly filesOf: (spoke: string) => { readonly base: readonly string[]; readonly override: string };
  /** Reads the user's changes; null where there is no such file. Throws `invalid` for one that is no YAML. */
  readonly readOverride: (file: string) => Promise<ConfigValue>;
  /** Parses a base file. Throws `invalid`. */
  readonly parse: (file: string, bytes: Buffer) => ConfigValue;
  /** The name of the active environment, or null. */
  readonly environment: () => string | null;
  readonly env: Variables;
}

/** Gives a spoke its configuration: decided like a read of the base file, which is what the spoke could read itself. */
export function getConfigPortal(powers: ConfigPowers): Portal<'get_config', FileHandle | null> {
  const baseOf = async ({ spoke }: Subject): Promise<string> => {
    const { base } = powers.filesOf(spoke);
    for (const file of base) {
      if (await powers.files.access(file).then(yes, no)) return file;
    }
    return base[0] ?? '';
  };
  return {
    action: 'fs_read',
    resource: () => null,
    async resolve(_request, subject) {
      const { target, handle } = await resolveForReading(powers, await baseOf(subject));
      return resolved(target, handle, async () => handle?.close());
    },
    async perform({ target, handle }, { key }, { spoke }) {
      const file = target.kind === 'path' ? target.real : '';
      const base =
        handle === null
          ? {}
          : powers.parse(file, (await readThrough(powers.files, handle, 0, MAX_BYTES + 1)).bytes);
      const harmless = Object.fromEntries(HARMLESS.map((name) => [name, powers.env[name]]));
      const merged = deepMerge(
        expandValues(base, powers.home, harmless),
        expandValues(
          (await powers.readOverride(powers.filesOf(spoke).override)) ?? {},
          powers.home,
          powers.env,
        ),
      );
      const values = activeValues(merged, powers.environment());
      return { value: key === undefined ? values : valueAt(values, key) } satisfies Reply;
    },
  };
}

const yes = () => true;
const no = () => false;
