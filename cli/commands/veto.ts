import { request } from '../client.ts';
import type { Run } from '../commands.ts';

export const run: Run = async (context, { args }) => {
  const [spoke = ''] = args;
  const { rejected, jobs } = await request(context, 'veto', { spoke });
  const count = (number: number, one: string) => `${number} ${number === 1 ? one : `${one}s`}`;
  await context.print(`rejected ${count(rejected, 'question')}, ended ${count(jobs.length, 'job')}\n`);
};
