import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';

/** The environments, one a line, a star before the active one. */
export const run: Run = async (context, { options }) => {
  const reply = await request(context, 'env_list');
  const lines = reply.environments.map(
    ({ name }) => `${name === reply.active ? '*' : ' '} ${visibleText(name)}\n`,
  );
  const text = lines.length === 0 ? 'No environments\n' : lines.join('');
  await context.print(options.json ? jsonText(reply) : text);
};
