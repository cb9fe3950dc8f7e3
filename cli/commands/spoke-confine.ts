import type { Level } from '../../schemas/config.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';

/** The choices of the option are the levels. */
export const run: Run = async (context, { args, options }) => {
  const [spoke = ''] = args;
  await request(context, 'spoke_confine', { spoke, require: options.require as Level });
};
