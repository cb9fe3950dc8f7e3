import { request } from '../client.ts';
import type { Run } from '../commands.ts';

export const run: Run = async (context, { args }) => {
  const [approval = '', ...command] = args;
  const { what } = await request(context, 'modify', { approval, command });
  await context.print(`runs instead: ${what.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}\n`);
};
