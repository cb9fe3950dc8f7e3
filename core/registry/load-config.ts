import { type Config, configSchema } from '../../schemas/config.ts';
import { validate } from './explain-issue.ts';
import { type HostPolicyState, NO_HOST_POLICY } from './host-policy-file.ts';
import type { HostPolicy } from './load-host-policy.ts';
import { ownersFor, type RegistryPowers } from './owners.ts';
import { InvalidFile } from './problem.ts';
import { readText } from './read-text.ts';
import { parseYaml } from './yaml-document.ts';

/**
 * Loads `config.yaml`; where there is none, the defaults. Throws InvalidFile: a broken file is never a default. What the
 * host's policy says counts in the place of what the file says, and of a locked key the default.
 */
export async function loadConfig(
  { files, uid }: RegistryPowers,
  file: string,
  { inForce }: Pick<HostPolicyState, 'inForce'> = NO_HOST_POLICY,
): Promise<Config> {
  const read = await readText(files, file, { maxBytes: 65_536, follow: true, owners: ownersFor({ uid }) });
  const document = parseYaml(file, read?.text ?? '');
  const value = inForce.reduce((said, { config }) => overlaid(said, config), document.value);
  const checked = validate({ ...document, value }, configSchema);
  if ('problems' in checked) throw new InvalidFile(checked.problems);
  return checked.value;
}

type Plain = Readonly<Record<string, unknown>>;

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is not of the shape that it should have stays, and is found wrong with its place. */
function overlaid(said: unknown, { locked, values }: HostPolicy['config']): unknown {
  if (!isPlain(said)) return said;
  const result: Record<string, unknown> = { ...said };
  for (const key of locked) {
    const [section = '', name] = key.split('.');
    const inner = result[section];
    if (name === undefined) delete result[section];
    else if (isPlain(inner)) result[section] = without(inner, name);
  }
  for (const [section, value] of Object.entries(values)) {
    const inner = result[section] ?? {};
    result[section] = isPlain(value) && isPlain(inner) ? { ...inner, ...value } : value;
  }
  return result;
}

function without(object: Plain, name: string): Plain {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
