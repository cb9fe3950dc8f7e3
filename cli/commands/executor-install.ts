import { EXECUTOR } from '../../schemas/executor.ts';
import { visibleLines } from '../../schemas/visible-text.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { readOwnFile, removeFile, writeSystemFile } from '../executor-files.ts';
import { CliError, EXIT } from '../exit.ts';
import { indented } from '../plain-text.ts';
import { runCheck } from '../run-check.ts';
import { systemctlOrFail } from '../systemctl.ts';

interface Change {
  readonly path: string;
  /** Null: it goes. */
  readonly text: string | null;
}

const SYSTEMCTL = [
  ['daemon-reload'],
  ['enable', '--now', 'axium-executor.socket'],
  // A running one becomes what the files say; one that does not run is started by its first request.
  ['try-restart', 'axium-executor.service'],
];

/** Makes the root executor a service of this system. The same once more changes nothing. */
export const run: Run = async (context, { options }) => {
  const { dryRun = false, root = '' } = options;
  const { files, problems } = await runCheck(context, 'executor-plan', root);
  const changes: Change[] = [];
  const kept: string[] = [];
  for (const { path, text } of files) {
    // The table is there to be edited, and is only ever written where there is none.
    const before = path === EXECUTOR.table ? null : await readOwnFile(`${root}${path}`);
    if (before === text) kept.push(path);
    else changes.push({ path: `${root}${path}`, text });
  }
  if (dryRun) return tell(context, changes, kept, problems, root === '');
  const [problem, ...others] = problems;
  if (problem !== undefined) throw new CliError(EXIT.configuration, problem, others.map(visibleLines));
  if (root === '' && process.getuid?.() !== 0)
    throw new CliError(EXIT.denied, "expected to be run by root; 'sudo axium executor install'");
  for (const { path, text } of changes) {
    if (text === null) await removeFile(path);
    else await writeSystemFile(path, text);
    await context.print(`${text === null ? 'removed' : 'wrote'} ${path}\n`);
  }
  if (root !== '') return;
  const hint = "the files stay; 'axium executor uninstall' takes them away";
  for (const words of SYSTEMCTL) await systemctlOrFail(context, words, hint, 'system');
  await context.print(`axium-executor.socket is enabled; who is in its group may ask\n`);
};

async function tell(
  context: Context,
  changes: readonly Change[],
  kept: readonly string[],
  problems: readonly string[],
  isHere: boolean,
): Promise<void> {
  await context.print(
    [
      ...problems.map((problem) => `would refuse: ${problem}\n`),
      ...changes.map(({ path, text }) =>
        text === null ? `would remove ${path}\n` : `would write ${path}:\n${indented(text)}`,
      ),
      ...kept.map((path) => `${path} is as it should be\n`),
      ...(isHere ? SYSTEMCTL.map((words) => `would run systemctl ${words.join(' ')}\n`) : []),
    ].join(''),
  );
}
