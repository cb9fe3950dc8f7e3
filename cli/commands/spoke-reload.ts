import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { explainMissingSpoke, spokesText } from '../spokes-text.ts';

/** Prints how the spokes stand afterwards. The answer is no where the one that was named has failed. */
export const run: Run = async (context, { args, options }) => {
  const [name] = args;
  const list = await request(context, 'spoke_reload', name === undefined ? {} : { spoke: name }).catch(
    (error: unknown) => {
      throw explainMissingSpoke(error, name ?? '');
    },
  );
  await context.print(options.json ? jsonText(list) : spokesText(list, context.home));
  const spoke = list.spokes.find((status) => status.name === name);
  if (spoke?.state === 'failed') {
    const why = spoke.reason ?? 'no reason was given';
    throw new CliError(EXIT.no, `spoke '${spoke.name}' failed: ${why}; see 'axium spoke logs ${spoke.name}'`);
  }
};
