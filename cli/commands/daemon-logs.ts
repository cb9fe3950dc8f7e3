import { shortPath } from '../../schemas/places.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { followFile } from '../follow-file.ts';
import { harmlessJson } from '../json-text.ts';
import { lastLinesOf, openIfThere } from '../last-lines.ts';
import { logLineText } from '../log-line-text.ts';

const DEFAULT_LINES = 100;

/** Reads the file itself, so that it also tells why a daemon is no longer there. */
export const run: Run = async (context, { options }) => {
  const { json = false, follow = false, lines = DEFAULT_LINES } = options;
  if (Number.isNaN(lines)) {
    throw new CliError(EXIT.usage, '-n: expected a number of lines, like 50');
  }
  const file = context.places.daemonLog;
  const print = (texts: readonly string[]) =>
    context.print(texts.map((text) => `${json ? harmlessJson(text) : logLineText(text)}\n`).join(''));
  const log = await openIfThere(file);
  if (log === null) {
    const where = shortPath(file, context.home);
    throw new CliError(EXIT.no, `${where}: there is no log yet; start the daemon with 'axium daemon start'`);
  }
  const last = await lastLinesOf(log, lines)
    .then(async (found) => {
      await print(found.lines);
      return found;
    })
    .catch(async (error: unknown) => {
      await log.close();
      throw error;
    });
  if (follow) await followFile(file, { file: log, offset: last.end }, print);
  else await log.close();
};
