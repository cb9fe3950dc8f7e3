import { AxiumError } from '../errors.ts';
import type { ConfigValue } from '../portals/config-values.ts';
import type { Powers } from '../powers.ts';
import type { Owners } from './owners.ts';
import { InvalidFile, wholeFile } from './problem.ts';
import { readText } from './read-text.ts';
import { findStranger } from './trusted-way.ts';
import { parseYaml } from './yaml-document.ts';

const MAX_BYTES = 65_536;

/** Hears all that is wrong with a file, with its lines; null where nothing is. A spoke is told the first of it. */
export type HearProblems = (file: string, problems: string | null) => void;

const nobody: HearProblems = () => {};

/** Parses a spoke's configuration. Throws `invalid` with the place of the first problem. */
export function parseConfigValues(file: string, bytes: Buffer, hear = nobody): ConfigValue {
  try {
    if (bytes.length > MAX_BYTES)
      throw new InvalidFile([wholeFile(file, `expected at most ${MAX_BYTES} bytes`)]);
    const { value } = parseYaml(file, bytes.toString('utf8'));
    hear(file, null);
    return value as ConfigValue;
  } catch (error) {
    throw told(error, file, hear);
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
  hear = nobody,
): Promise<ConfigValue> {
  try {
    const read = await readText(files, file, { maxBytes: MAX_BYTES, follow: true, owners });
    const value = read === null ? null : (parseYaml(file, read.text).value as ConfigValue);
    hear(file, null);
    return value;
  } catch (error) {
    throw told(error, file, hear);
  }
}

/** Throws `invalid` where somebody else could put another file of configuration in this place, or change it there. */
export async function refuseStrangersConfig(
  files: Powers['files'],
  file: string,
  owners: Owners | null,
  hear = nobody,
): Promise<void> {
  const stranger = owners && (await findStranger(files, file, owners));
  if (stranger !== null) throw told(new InvalidFile([stranger]), file, hear);
}

function told(error: unknown, file: string, hear: HearProblems): unknown {
  if (!(error instanceof InvalidFile)) return error;
  hear(file, error.message);
  return new AxiumError('invalid', error.message.split('\n')[0] ?? '');
}
