import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jobRow } from '../job-text.ts';
import { jsonText } from '../json-text.ts';
import { aligned } from '../plain-text.ts';

export const run: Run = async (context, { options }) => {
  const { jobs } = await request(context, 'jobs_list');
  const text = jobs.length === 0 ? 'No jobs\n' : aligned(jobs.map(jobRow));
  await context.print(options.json ? jsonText(jobs) : text);
};
