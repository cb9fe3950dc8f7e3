import { type Config, configSchema } from '../../schemas/config.ts';
import { validate } from './explain-issue.ts';
import { ownersFor, type RegistryPowers } from './owners.ts';
import { InvalidFile } from './problem.ts';
import { readText } from './read-text.ts';
import { parseYaml } from './yaml-document.ts';

/** Loads `config.yaml`; where there is none, the defaults. Throws InvalidFile: a broken file is never a default. */
export async function loadConfig({ files, uid }: RegistryPowers, file: string): Promise<Config> {
  const read = await readText(files, file, { maxBytes: 65_536, follow: true, owners: ownersFor({ uid }) });
  const checked = validate(parseYaml(file, read?.text ?? ''), configSchema);
  if ('problems' in checked) throw new InvalidFile(checked.problems);
  return checked.value;
}
