import { DURATION, millisecondsOf } from '../schemas/duration.ts';
import { CliError, EXIT } from './exit.ts';

/** Milliseconds of an option such as `--for 1h`. Throws usage for what is none. */
export function lengthOfTime(option: string, text: string): number {
  if (DURATION.test(text)) return millisecondsOf(text);
  throw new CliError(EXIT.usage, `${option}: expected a length of time, like 10m or 1h; found '${text}'`);
}
