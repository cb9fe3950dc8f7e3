import { request } from '../client.ts';
import type { Run } from '../commands.ts';

export const run: Run = async (context, { args }) => {
  const [grant = ''] = args;
  await request(context, 'grants_revoke', { grant });
};
