import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { explainMissingJob } from '../job-text.ts';
import { jsonText } from '../json-text.ts';
import { wholeLines } from '../plain-text.ts';

/** What the job wrote to its standard output goes to ours, and the same for standard error. */
export const run: Run = async (context, { args, options }) => {
  const [job = ''] = args;
  const logs = await request(context, 'jobs_logs', { job }).catch((error: unknown) => {
    throw explainMissingJob(error, job);
  });
  if (options.json) return context.print(jsonText(logs));
  await context.print(wholeLines(logs.stdout));
  context.remark(wholeLines(logs.stderr));
  if (logs.truncated) context.remark('axium: the job wrote more than is kept; this is not all of it\n');
};
