import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { explainMissingSpoke } from '../missing-spoke.ts';
import { failed, hasFailed, spokesText } from '../spokes-text.ts';

/**
 * Prints how the spokes stand once all that were started are ready or have failed. The answer is no where the named one
 * has failed or goes on in an older version, or any where none is named.
 */
export const run: Run = async (context, { args, options }) => {
  const [name] = args;
  const list = await request(context, 'spoke_reload', name === undefined ? {} : { spoke: name }).catch(
    async (error: unknown) => {
      throw await explainMissingSpoke(context, error, name ?? '');
    },
  );
  await context.print(options.json ? jsonText(list) : spokesText(list, context.home));
  const asked = list.spokes.filter((spoke) => name === undefined || spoke.name === name);
  const first = asked.find(hasFailed);
  if (first !== undefined) throw failed(first);
  for (const spoke of asked) {
    const problems = list.refused.find(({ directory }) => directory === spoke.directory)?.problems;
    if (problems) throw new CliError(EXIT.no, `spoke '${spoke.name}' was not exchanged:`, problems);
  }
};
