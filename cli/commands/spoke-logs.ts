import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { explainMissingSpoke } from '../missing-spoke.ts';
import { wholeLines } from '../plain-text.ts';

export const run: Run = async (context, { args, options }) => {
  const [spoke = ''] = args;
  const logs = await request(context, 'spoke_logs', { spoke }).catch(async (error: unknown) => {
    throw await explainMissingSpoke(context, error, spoke);
  });
  await context.print(options.json ? jsonText(logs) : wholeLines(logs.text));
};
