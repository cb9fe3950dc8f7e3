import { type EnvironmentValues, environmentsSchema } from '../../schemas/environments.ts';
import { validate } from '../registry/explain-issue.ts';
import { ownersFor, type RegistryPowers } from '../registry/owners.ts';
import { InvalidFile } from '../registry/problem.ts';
import { readText } from '../registry/read-text.ts';
import { parseYaml } from '../registry/yaml-document.ts';

export type LoadedEnvironments = ReadonlyMap<string, EnvironmentValues>;

/** Loads `envs.yaml`; where there is none, there are no environments. Throws InvalidFile. */
export async function loadEnvironments(
  { files, uid }: RegistryPowers,
  file: string,
): Promise<LoadedEnvironments> {
  const read = await readText(files, file, { maxBytes: 65_536, follow: true, owners: ownersFor({ uid }) });
  const document = parseYaml(file, read?.text ?? '');
  const checked = validate(document, environmentsSchema.nullable());
  if ('problems' in checked) throw new InvalidFile(checked.problems);
  return new Map(
    Object.entries(checked.value ?? {}).map(([name, values]) => [
      name,
      Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, String(value)])),
    ]),
  );
}
