import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';

/** The segments in one line for a prompt or a status bar; nothing at all where there are none. */
export const run: Run = async (context, { options }) => {
  const { segments } = await request(context, 'hud');
  const shown = segments.map(({ value }) => visibleText(value)).filter((value) => value !== '');
  await context.print(options.json ? jsonText(segments) : shown.length === 0 ? '' : `${shown.join(' ')}\n`);
};
