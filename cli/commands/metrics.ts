import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { harmlessText } from '../plain-text.ts';

const COMMAND = 'metrics';

/** Prints what each running spoke that offers the command `metrics` says, as a scrape of Prometheus reads it. */
export const run: Run = async (context, { options }) => {
  const { spokes } = await request(context, 'spoke_list');
  const told: { readonly spoke: string; readonly text: string }[] = [];
  for (const { name } of spokes.filter(({ state }) => state === 'ready')) {
    const { commands } = await request(context, 'spoke_commands', { spoke: name });
    if (!commands.some((offered) => offered.name === COMMAND)) continue;
    const { code, stdout } = await request(context, 'spoke_run', { spoke: name, command: COMMAND, args: [] });
    if (code === 0) told.push({ spoke: name, text: harmlessText(stdout) });
  }
  if (options.json) return context.print(jsonText({ metrics: told }));
  await context.print(told.map(({ text }) => text).join(''));
};
