import { shortPath } from '../../schemas/places.ts';
import type { UnusedRight } from '../../schemas/replay.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { since } from '../audit-filter.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { jsonText } from '../json-text.ts';
import { localTime } from '../local-time.ts';
import { explainMissingSpoke } from '../missing-spoke.ts';
import { patternText } from '../permissions-text.ts';
import { shellText } from '../proposals.ts';
import { runCheck } from '../run-check.ts';

/** Prints rights that nothing on record has used, each with its line and what takes it away. */
export const run: Run = async (context, { args, options }) => {
  const [spoke] = args;
  const from = since(options.since ?? '30d', Date.now());
  const question = { since: from, spoke: spoke ?? null };
  const { rights, begins } = await runCheck(context, 'unused', undefined, question).catch(
    async (error: unknown) => {
      throw await explainMissingSpoke(context, error, spoke ?? '');
    },
  );
  if (options.json) return context.print(jsonText({ rights, begins }));
  remarkShortLog(context, begins, from);
  const text = rights.map((right) => rightText(right, context.home)).join('');
  await context.print(text === '' ? 'Everything that is allowed was used.\n' : text);
};

/** What was not used in three days may well be used in thirty. */
export function remarkShortLog({ remark }: Context, begins: string | null, from: number): void {
  if (begins === null) remark('axium: nothing is on record yet\n');
  else if (Date.parse(begins) > from) remark(`axium: the log begins at ${localTime(begins)}\n`);
}

function rightText({ spoke, rule, line }: UnusedRight, home: string): string {
  const { action, pattern, source, origin } = rule;
  const isSwitch = ['true', 'false', 'ask'].includes(pattern);
  const words = [spoke, action, ...(isSwitch ? [] : [pattern])];
  const command = shellText(['perms', source === 'override' ? 'reset' : 'deny', ...words]);
  return [
    `${visibleText(spoke)} ${action}${isSwitch ? '' : ` ${patternText(pattern)}`}`,
    `  line     ${visibleText(shortPath(origin, home))}   ${patternText(line)}`,
    `  remove   ${patternText(command)}`,
    '',
  ].join('\n');
}
