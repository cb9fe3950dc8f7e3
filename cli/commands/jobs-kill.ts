import { request } from '../client.ts';
import type { Options, Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { explainMissingJob, jobRow } from '../job-text.ts';
import { jsonText } from '../json-text.ts';
import { aligned } from '../plain-text.ts';

export const run: Run = async (context, { args, options }) => {
  const [job] = args;
  if ((job === undefined) === !options.all)
    throw new CliError(EXIT.usage, 'jobs kill: expected a job, or --all');
  if (job === undefined) return killAll(context, options);
  const reply = await request(context, 'jobs_kill', { job }).catch((error: unknown) => {
    throw explainMissingJob(error, job);
  });
  await context.print(options.json ? jsonText(reply.job) : aligned([jobRow(reply.job)]));
};

async function killAll(context: Context, { json }: Options): Promise<void> {
  const { jobs } = await request(context, 'jobs_kill_all');
  const text = jobs.length === 0 ? 'No jobs\n' : aligned(jobs.map(jobRow));
  await context.print(json ? jsonText(jobs) : text);
}
