import { durationSchema } from '../schemas/config.ts';
import { CliError, EXIT } from './exit.ts';

/** Milliseconds of an option such as `--for 1h`. Throws usage for what is none. */
export function lengthOfTime(option: string, text: string): number {
  const duration = durationSchema.safeParse(text);
  if (duration.success) return duration.data;
  throw new CliError(EXIT.usage, `${option}: expected a length of time, like 10m or 1h; found '${text}'`);
}
