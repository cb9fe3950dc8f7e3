import {
  activeValues,
  type ConfigValue,
  deepMerge,
  expandValues,
  type Variables,
  valueAt,
} from './config-values.ts';
import { readThrough } from './fs-read.ts';
import type { OpenFile } from './open-file.ts';
import type { ParsedConfigs } from './parsed-configs.ts';
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
  readonly filesOf: (spoke: string) => ConfigFiles;
  /** Reads the user's changes; null where there is no such file. Throws `invalid` for one that is no YAML. */
  readonly readOverride: (file: string, spoke: string) => Promise<ConfigValue>;
  /** Throws `invalid` where somebody else could write this file of a spoke's configuration. */
  readonly refuseStrangers: (file: string, spoke: string) => Promise<void>;
  /** Parses a base file. Throws `invalid`. */
  readonly parse: (file: string, bytes: Buffer, spoke: string) => ConfigValue;
  readonly parsed: ParsedConfigs;
  /** The name of the active environment, or null. */
  readonly environment: () => string | null;
  /** Its values, which configurations are written with; its user has put them there for that. */
  readonly environmentValues: () => Variables;
  readonly env: Variables;
}

/** Where a spoke's configuration lies. */
export interface ConfigFiles {
  /** Where the base file may be; the first that is there counts. */
  readonly base: readonly string[];
  /** The one of them to decide on where none is there. */
  readonly absent: string;
  /** The user's changes. */
  readonly override: string;
}

/** Gives a spoke its configuration: decided like a read of the base file, which is what the spoke could read itself. */
export function getConfigPortal(powers: ConfigPowers): Portal<'get_config', OpenFile | null> {
  const baseOf = async ({ spoke }: Subject): Promise<string> => {
    const { base, absent } = powers.filesOf(spoke);
    for (const file of base) {
      if (await powers.files.access(file).then(yes, no)) return file;
    }
    return absent;
  };
  const valueOfBase = async (file: string, handle: OpenFile, spoke: string): Promise<ConfigValue> =>
    powers.parsed.valueOf(file, await handle.stat(), async () =>
      powers.parse(file, (await readThrough(powers.files, handle, 0, MAX_BYTES + 1)).bytes, spoke),
    );
  const valueOfOverride = async (file: string, spoke: string): Promise<ConfigValue> => {
    const stat = await powers.files.stat(file).catch(() => null);
    const read = () => powers.readOverride(file, spoke);
    return (await (stat === null ? read() : powers.parsed.valueOf(file, stat, read))) ?? {};
  };
  return {
    action: 'fs_read',
    resource: () => null,
    async resolve(_request, subject) {
      const { target, handle } = await resolveForReading(powers, await baseOf(subject));
      return resolved(target, handle, async () => handle?.close());
    },
    async perform({ target, handle }, { key }, { spoke }) {
      const { real, asked } = target.kind === 'path' ? target : { real: '', asked: '' };
      const changes = powers.filesOf(spoke).override;
      // Each time, and not once for what was parsed: whose the directories on the way are changes without the file.
      await Promise.all([asked, changes].map((file) => powers.refuseStrangers(file, spoke)));
      const base = handle === null ? {} : await valueOfBase(real, handle, spoke);
      const override = await valueOfOverride(changes, spoke);
      const harmless = Object.fromEntries(HARMLESS.map((name) => [name, powers.env[name]]));
      const merged = deepMerge(
        expandValues(base, powers.home, harmless, powers.environmentValues()),
        expandValues(override, powers.home, powers.env, powers.environmentValues()),
      );
      const values = activeValues(merged, powers.environment());
      return { value: key === undefined ? values : valueAt(values, key) } satisfies Reply;
    },
  };
}

const yes = () => true;
const no = () => false;
