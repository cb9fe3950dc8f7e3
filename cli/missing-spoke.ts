import { bundledNames } from './bundled-names.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { Refusal } from './refusal.ts';

/** What to throw where the daemon does not know the spoke: another error is left as it is. */
export async function explainMissingSpoke(context: Context, error: unknown, name: string): Promise<unknown> {
  return error instanceof Refusal && error.code === 'not_found' ? spokeNotFound(context, name) : error;
}

export async function spokeNotFound(context: Context, name: string): Promise<CliError> {
  const known = await bundledNames(context.root);
  const message =
    known.includes(name) && !(await isEnabled(context, name))
      ? `spoke '${name}' is not enabled; run 'axium spoke enable ${name}'`
      : `spoke '${name}' not found; 'axium spoke list' shows those that are loaded, and what was refused`;
  return new CliError(EXIT.no, message);
}

/** One that is enabled and still not there was refused. A broken file enables nothing that could be told. */
async function isEnabled({ places }: Context, name: string): Promise<boolean> {
  const [{ bundledNamesIn }, { MAX_CONFIG_BYTES, readIfThere }] = await Promise.all([
    import('./bundled-setting.ts'),
    import('./replace-file.ts'),
  ]);
  try {
    const text = await readIfThere(places.configFile, MAX_CONFIG_BYTES);
    return bundledNamesIn(places.configFile, text).includes(name);
  } catch {
    return false;
  }
}
