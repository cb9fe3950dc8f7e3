import type { JobStatus } from '../schemas/control-shown.ts';
import { CliError, EXIT } from './exit.ts';
import { localTime } from './local-time.ts';
import { commandText } from './plain-text.ts';
import { Refusal } from './refusal.ts';

/** A job as one row: id, spoke, when it began, how it stands, the command. */
export function jobRow(job: JobStatus): readonly string[] {
  return [job.id, job.spoke, localTime(job.started), standing(job), commandText(job.argv)];
}

function standing({ state, code, signal }: JobStatus): string {
  if (state === 'exited') return `exited ${code ?? signal ?? ''}`.trimEnd();
  return signal === null ? state : `${state} ${signal}`;
}

/** What to throw where the daemon does not know the job. */
export function explainMissingJob(error: unknown, job: string): unknown {
  if (!(error instanceof Refusal) || error.code !== 'not_found') return error;
  return new CliError(EXIT.no, `job '${job}' not found; 'axium jobs list' shows those that are known`);
}
