import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';

export const run: Run = async (context, { options }) => {
  const pong = await request(context, 'ping');
  const strict = pong.strict ? ', strict mode' : '';
  const text = `axiumd ${visibleText(pong.version)} answers, pid ${pong.pid}${strict}\n`;
  await context.print(options.json ? jsonText(pong) : text);
};
