import { request } from '../client.ts';
import type { Run } from '../commands.ts';

export const run: Run = async (context, { args }) => {
  const [spoke = ''] = args;
  await request(context, 'spoke_stop', { spoke });
};
