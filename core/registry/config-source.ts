import { AxiumError } from '../errors.ts';
import type { ConfigValue } from '../portals/config-values.ts';
import type { Powers } from '../powers.ts';
import type { Owners } from './owners.ts';
import { InvalidFile } from './problem.ts';
import { readText } from './read-text.ts';
import { findStranger } from './trusted-way.ts';
import { parseYaml } from './yaml-document.ts';

const MAX_BYTES = 65_536;

/** Parses a spoke's configuration. Throws `invalid` with the place of the first problem. */
export function parseConfigValues(file: string, bytes: Buffer): ConfigValue {
  if (bytes.length > MAX_BYTES)
    throw new AxiumError('invalid', `${file}: expected at most ${MAX_BYTES} bytes`);
  try {
    return parseYaml(file, bytes.toString('utf8')).value as ConfigValue;
  } catch (error) {
    throw told(error);
  }
}

/**
 * Reads the user's changes to a spoke's configuration; null where there are none. Throws `invalid`, also for a file that
 * belongs to none of `owners`: its variables are expanded, so whoever wrote it reads the daemon's environment.
 */
export async function readConfigOverride(
  files: Powers['files'],
  file: string,
  owners: Owners | null = null,
): Promise<ConfigValue> {
  try {
    const read = await readText(files, file, { maxBytes: MAX_BYTES, follow: true, owners });
    return read === null ? null : (parseYaml(file, read.text).value as ConfigValue);
  } catch (error) {
    throw told(error);
  }
}

/** Throws `invalid` where somebody else could put another file of configuration in this place, or change it there. */
export async function refuseStrangersConfig(
  files: Powers['files'],
  file: string,
  owners: Owners | null,
): Promise<void> {
  const stranger = owners && (await findStranger(files, file, owners));
  if (stranger !== null) throw told(new InvalidFile([stranger]));
}

function told(error: unknown): unknown {
  if (error instanceof InvalidFile) return new AxiumError('invalid', error.message.split('\n')[0] ?? '');
  return error;
}
