import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { wholeLines } from '../plain-text.ts';
import { explainMissingSpoke } from '../spokes-text.ts';

export const run: Run = async (context, { args, options }) => {
  const [spoke = ''] = args;
  const logs = await request(context, 'spoke_logs', { spoke }).catch((error: unknown) => {
    throw explainMissingSpoke(error, spoke);
  });
  await context.print(options.json ? jsonText(logs) : wholeLines(logs.text));
};
