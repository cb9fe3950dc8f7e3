import { filterOf } from '../audit-filter.ts';
import { endOfLog } from '../audit-log.ts';
import { recordIn } from '../audit-record.ts';
import { AuditSelection } from '../audit-selection.ts';
import { auditText } from '../audit-text.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { followFile } from '../follow-file.ts';
import { harmlessJson } from '../json-text.ts';
import { openIfThere } from '../last-lines.ts';

const DEFAULT_LINES = 20;
/** How many lines are read at first for each that is asked for, and how many times as many each further time. */
const FOR_EACH = 10;
const MORE = 8;

/** Reads the files themselves, from their end back, until it has as many lines as were asked for. */
export const run: Run = async (context, { options }) => {
  const { json = false, follow = false, lines: count = DEFAULT_LINES } = options;
  if (Number.isNaN(count)) throw new CliError(EXIT.usage, '-n: expected a number of lines, like 50');
  const filter = filterOf(options, context.home, Date.now());
  const { auditLog } = context.places;
  const log = await openIfThere(auditLog);
  // What is followed tells what became of any decision before.
  let wanted = follow ? Number.POSITIVE_INFINITY : Math.max(1, count) * FOR_EACH;
  for (;;) {
    const { lines, isAll, offset } = await endOfLog(auditLog, log, wanted);
    const selection = new AuditSelection(filter);
    const textOf = (line: string): string => {
      const record = recordIn(line);
      const selected = record && selection.take(record);
      if (!selected) return '';
      return json ? `${harmlessJson(line)}\n` : auditText(selected, context.home);
    };
    const tellsOfEarlier = isAll ? () => false : outcomesOfOthers(lines, json);
    const found = lines
      .map((line) => ({ text: textOf(line), isOpen: tellsOfEarlier(line) }))
      .filter(({ text, isOpen }) => text !== '' || isOpen);
    const shown = count === 0 ? [] : found.slice(-count);
    if (isAll || (shown.length === count && !shown.some(({ isOpen }) => isOpen))) {
      await context.print(shown.map(({ text }) => text).join(''));
      const take = async (lines: readonly string[]) => context.print(lines.map(textOf).join(''));
      if (follow) await followFile(auditLog, { file: log, offset }, take);
      else await log?.close();
      return;
    }
    wanted *= MORE;
  }
};

/** Which of these lines would tell what became of a decision that is before all of them, if that was asked for. */
function outcomesOfOthers(lines: readonly string[], json: boolean): (line: string) => boolean {
  const records = new Map(lines.map((line) => [line, recordIn(line)]));
  const decided = new Set<string>();
  for (const record of records.values()) if (record?.type === 'decision') decided.add(record.request);
  return (line) => {
    const record = records.get(line);
    return record?.type === 'outcome' && !decided.has(record.request) && (json || !record.ok);
  };
}
