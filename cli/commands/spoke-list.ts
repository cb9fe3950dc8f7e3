import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { spokesText } from '../spokes-text.ts';

export const run: Run = async (context, { options }) => {
  const list = await request(context, 'spoke_list');
  await context.print(options.json ? jsonText(list) : spokesText(list, context.home));
};
