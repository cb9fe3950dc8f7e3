import type { Options } from './commands.ts';
import { CliError, EXIT } from './exit.ts';
import { lengthOfTime } from './length-of-time.ts';

/** The moment that `--for` or `--until` says, as a file has it; undefined without either. Throws usage for the past. */
export function expiryOf({ for: length, until }: Options, now: number): string | undefined {
  if (length !== undefined && until !== undefined)
    throw new CliError(EXIT.usage, 'expected one of --for and --until, found both');
  const moment =
    length === undefined ? (until === undefined ? null : dateOf(until)) : now + lengthOfTime('--for', length);
  if (moment === null) return undefined;
  if (moment <= now) throw new CliError(EXIT.usage, `--until: expected a moment to come, found '${until}'`);
  return new Date(moment).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A date without a zone is in the caller's own. */
function dateOf(text: string): number {
  const form = /^\d{4}-\d\d-\d\d(?:[ T].*)?$/.test(text);
  const date = form ? Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  throw new CliError(
    EXIT.usage,
    `--until: expected a date like '2030-01-31' or '2030-01-31 18:00'; found '${text}'`,
  );
}
