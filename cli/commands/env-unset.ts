import { request } from '../client.ts';
import type { Run } from '../commands.ts';

/** Says nothing where it went well. */
export const run: Run = async (context) => {
  await request(context, 'env_unset');
};
