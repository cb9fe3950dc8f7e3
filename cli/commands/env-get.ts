import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';

/** The name of the active environment, or one of its values. The answer is no where there is none. */
export const run: Run = async (context, { args: [key], options }) => {
  const { active, environments } = await request(context, 'env_list');
  const values = environments.find(({ name }) => name === active)?.values ?? {};
  if (active === null)
    throw new CliError(EXIT.no, "no environment is active; 'axium env set' makes one active");
  if (key === undefined)
    return context.print(
      options.json ? jsonText({ environment: active, values }) : `${visibleText(active)}\n`,
    );
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  if (value === undefined)
    throw new CliError(EXIT.no, `environment '${active}' has no key '${key}'; it is set in envs.yaml`);
  await context.print(options.json ? jsonText(value) : `${visibleText(value)}\n`);
};
