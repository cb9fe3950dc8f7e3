import { filterOf } from '../audit-filter.ts';
import { filesOfLog } from '../audit-log.ts';
import { recordIn } from '../audit-record.ts';
import { AuditSelection } from '../audit-selection.ts';
import { auditText } from '../audit-text.ts';
import type { Run } from '../commands.ts';
import { harmlessJson } from '../json-text.ts';
import { linesOfFiles } from '../lines-of-files.ts';

/** Reads the files themselves, so that it needs no daemon. */
export const run: Run = async (context, { options }) => {
  const selection = new AuditSelection(filterOf(options, context.home, Date.now()));
  for await (const line of linesOfFiles(await filesOfLog(context.places.auditLog))) {
    const record = recordIn(line);
    const selected = record && selection.take(record);
    if (selected)
      await context.print(options.json ? `${harmlessJson(line)}\n` : auditText(selected, context.home));
  }
};
