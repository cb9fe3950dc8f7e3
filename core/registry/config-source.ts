import { AxiumError } from '../errors.ts';
import type { ConfigValue } from '../portals/config-values.ts';
import type { Powers } from '../powers.ts';
import { InvalidFile } from './problem.ts';
import { readText } from './read-text.ts';
import { parseYaml } from './yaml-document.ts';

const MAX_BYTES = 65_536;

/** Parses a spoke's configuration. Throws `invalid` with the place of the first problem. */
export function parseConfigValues(file: string, bytes: Buffer): ConfigValue {
  if (bytes.length > MAX_BYTES)
    throw new AxiumError('invalid', `${file}: expected at most ${MAX_BYTES} bytes`);
  return asInvalid(() => parseYaml(file, bytes.toString('utf8')).value as ConfigValue);
}

/** Reads the user's changes to a spoke's configuration; null where there are none. Throws `invalid`. */
export async function readConfigOverride(files: Powers['files'], file: string): Promise<ConfigValue> {
  const read = await readText(files, file, { maxBytes: MAX_BYTES, follow: true }).catch((error: unknown) =>
    asInvalid(() => {
      throw error;
    }),
  );
  return read === null ? null : asInvalid(() => parseYaml(file, read.text).value as ConfigValue);
}

function asInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidFile) throw new AxiumError('invalid', error.message.split('\n')[0] ?? '');
    throw error;
  }
}
