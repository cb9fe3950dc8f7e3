import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { grantText } from '../grant-text.ts';
import { jsonText } from '../json-text.ts';

export const run: Run = async (context, { options }) => {
  const { grants } = await request(context, 'grants_list');
  const text = grants.length === 0 ? 'No grants\n' : grants.map(grantText).join('');
  await context.print(options.json ? jsonText(grants) : text);
};
