import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';

export const run: Run = async (context, { options }) => {
  const head = await request(context, 'audit_head');
  await context.print(options.json ? jsonText(head) : `${head.seq} ${visibleText(head.hash)}\n`);
};
