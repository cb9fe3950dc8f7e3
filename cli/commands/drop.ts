import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { ofCaller } from '../of-caller.ts';

export const run: Run = async (context) => {
  const { dropped } = await request(await ofCaller(context), 'drop');
  if (!dropped) throw new CliError(EXIT.no, 'this session is not elevated');
};
