import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { SNIPPETS } from '../hud-snippets.ts';
import { jsonText } from '../json-text.ts';

/** The segments in one line for a prompt or a status bar; nothing at all where there are none. */
export const run: Run = async (context, { options }) => {
  if (options.init !== undefined) return printSnippet(context, options.init);
  const { segments } = await request(context, 'hud');
  const shown = segments.map(({ value }) => visibleText(value)).filter((value) => value !== '');
  await context.print(options.json ? jsonText(segments) : shown.length === 0 ? '' : `${shown.join(' ')}\n`);
};

/** Works without a daemon: what is printed reads a file that need not be there. */
async function printSnippet({ places, print }: Context, prompt: string): Promise<void> {
  await print(SNIPPETS[prompt]?.(places.hud) ?? '');
}
