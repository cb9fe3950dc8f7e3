import { visibleText } from '../../schemas/visible-text.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { runCheck } from '../run-check.ts';

/** Checks the chain of all pieces, and with a head that was kept elsewhere that the chain still holds it. */
export const run: Run = async (context, { options }) => {
  if (options.head !== undefined && !/^\d{1,15} [0-9a-f]{64}$/.test(options.head)) {
    throw new CliError(EXIT.usage, "--head: expected what 'axium audit head' printed, in quotes");
  }
  const { verdict } = await runCheck(context, 'audit', options.head);
  if (options.json) await context.print(jsonText(verdict));
  if (!verdict.ok) {
    const { file, line, problem } = verdict;
    throw new CliError(EXIT.no, options.json ? '' : `${visibleText(file)}:${line}: ${problem}`);
  }
  if (options.json) return;
  const { begins, head, notes } = verdict;
  const from = begins === 0 ? '' : ` (the first ${begins} were removed by retention)`;
  await context.print(`${head.seq - begins} records verified${from}, up to ${head.seq} ${head.hash}\n`);
  for (const note of notes) await context.print(`  ${note}\n`);
};
