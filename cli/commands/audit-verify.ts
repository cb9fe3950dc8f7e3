import { visibleText } from '../../schemas/visible-text.ts';
import type { Options, Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { runCheck } from '../run-check.ts';

/** Checks the chain of all pieces, and with a head that was kept elsewhere that the chain still holds it. */
export const run: Run = async (context, { options }) => {
  if (options.head !== undefined && !/^\d{1,15} [0-9a-f]{64}$/.test(options.head)) {
    throw new CliError(EXIT.usage, "--head: expected what 'axium audit head' printed, in quotes");
  }
  if (options.executor !== undefined) return verifyWithExecutor(context, options);
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

/** Checks the executor's chain, and it and the daemon's against each other. */
async function verifyWithExecutor(context: Context, { executor, json }: Options): Promise<void> {
  const { verdict, cross } = await runCheck(
    context,
    'executor',
    typeof executor === 'string' ? executor : undefined,
  );
  if (json) await context.print(jsonText({ verdict, cross }));
  if (!verdict.ok) {
    const { file, line, problem } = verdict;
    throw new CliError(EXIT.no, json ? '' : `${visibleText(file)}:${line}: ${problem}`);
  }
  const { actions = 0, explained = 0, problems = [] } = cross ?? {};
  if (problems.length > 0) {
    const message = `the executor's log and the daemon's contradict each other in ${problems.length} places`;
    throw new CliError(EXIT.no, json ? '' : message, json ? [] : problems.map(visibleText));
  }
  if (json) return;
  const { begins, head } = verdict;
  await context.print(
    `${head.seq - begins} records of the executor verified, up to ${head.seq} ${head.hash}\n${explained} of ${actions} actions of this user are in the daemon's log\n`,
  );
}
