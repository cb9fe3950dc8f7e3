import { filterOf } from '../audit-filter.ts';
import { filesOfLog, recordIn } from '../audit-log.ts';
import { AuditSelection } from '../audit-selection.ts';
import { auditText } from '../audit-text.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { followFile } from '../follow-file.ts';
import { harmlessJson } from '../json-text.ts';
import { lastLines, lastLinesOf, openIfThere } from '../last-lines.ts';

const DEFAULT_LINES = 20;

/** Reads the files themselves, from the newest back, until it has as many lines as were asked for. */
export const run: Run = async (context, { options }) => {
  const { json = false, follow = false, lines: count = DEFAULT_LINES } = options;
  if (Number.isNaN(count)) throw new CliError(EXIT.usage, '-n: expected a number of lines, like 50');
  const filter = filterOf(options, context.home, Date.now());
  const { auditLog } = context.places;
  const read: string[][] = [];
  let selection = new AuditSelection(filter);
  let texts: readonly string[] = [];
  const log = await openIfThere(auditLog);
  const current = log && (await lastLinesOf(log, Number.POSITIVE_INFINITY));
  const textsOf = (lines: readonly string[]) =>
    lines.flatMap((line) => {
      const record = recordIn(line);
      const selected = record && selection.take(record);
      if (!selected) return [];
      return json
        ? [`${harmlessJson(line)}\n`]
        : [auditText(selected, context.home)].filter((text) => text !== '');
    });
  for (const file of [...(await filesOfLog(auditLog))].reverse()) {
    const all = file === auditLog ? current : await lastLines(file, Number.POSITIVE_INFINITY);
    read.unshift([...(all?.lines ?? [])]);
    // Once more with the piece before: its decisions have their outcomes in the next one.
    selection = new AuditSelection(filter);
    texts = read.flatMap(textsOf);
    if (texts.length >= count) break;
  }
  await context.print(count === 0 ? '' : texts.slice(-count).join(''));
  const place = { file: log, offset: current?.end ?? 0 };
  if (follow) await followFile(auditLog, place, async (lines) => context.print(textsOf(lines).join('')));
  else await log?.close();
};
