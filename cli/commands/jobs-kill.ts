import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { explainMissingJob, jobRow } from '../job-text.ts';
import { jsonText } from '../json-text.ts';
import { aligned } from '../plain-text.ts';

export const run: Run = async (context, { args, options }) => {
  const [job = ''] = args;
  const reply = await request(context, 'jobs_kill', { job }).catch((error: unknown) => {
    throw explainMissingJob(error, job);
  });
  await context.print(options.json ? jsonText(reply.job) : aligned([jobRow(reply.job)]));
};
