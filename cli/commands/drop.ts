import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';

export const run: Run = async (context) => {
  const { dropped } = await request(context, 'drop');
  if (!dropped) throw new CliError(EXIT.no, 'this session is not elevated');
};
