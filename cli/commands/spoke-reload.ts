import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { explainMissingSpoke } from '../missing-spoke.ts';
import { failed, spokesText } from '../spokes-text.ts';

/**
 * Prints how the spokes stand once all that were started are ready or have failed. The answer is no where the named one
 * has failed, or any where none is named.
 */
export const run: Run = async (context, { args, options }) => {
  const [name] = args;
  const list = await request(context, 'spoke_reload', name === undefined ? {} : { spoke: name }).catch(
    async (error: unknown) => {
      throw await explainMissingSpoke(context, error, name ?? '');
    },
  );
  await context.print(options.json ? jsonText(list) : spokesText(list, context.home));
  const [first] = list.spokes.filter(
    (spoke) => spoke.state === 'failed' && (name === undefined || spoke.name === name),
  );
  if (first !== undefined) throw failed(first);
};
