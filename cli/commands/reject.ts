import { request } from '../client.ts';
import type { Run } from '../commands.ts';

export const run: Run = async (context, { args, options }) => {
  const [approval = ''] = args;
  await request(context, 'reject', { approval, reason: options.reason ?? '' });
};
