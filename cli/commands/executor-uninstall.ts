import { EXECUTOR } from '../../schemas/executor.ts';
import type { Run } from '../commands.ts';
import { readOwnFile, removeFile } from '../executor-files.ts';
import { CliError, EXIT } from '../exit.ts';
import { runCheck } from '../run-check.ts';
import { systemctlOrFail } from '../systemctl.ts';

const DISABLE = ['disable', '--now', 'axium-executor.socket', 'axium-executor.service'];

/** Undoes what `executor install` did; the table and the log of the executor stay. */
export const run: Run = async (context, { options }) => {
  const { dryRun = false, root = '' } = options;
  const { files } = await runCheck(context, 'executor-plan', root);
  const there: string[] = [];
  for (const { path } of files) {
    if (path !== EXECUTOR.table && (await readOwnFile(`${root}${path}`)) !== null)
      there.push(`${root}${path}`);
  }
  if (there.length === 0) return context.print('the executor is not installed\n');
  if (dryRun) {
    const commands = root === '' ? [DISABLE, ['daemon-reload']] : [];
    return context.print(
      [
        ...commands.map((words) => `would run systemctl ${words.join(' ')}\n`),
        ...there.map((path) => `would remove ${path}\n`),
      ].join(''),
    );
  }
  if (root === '' && process.getuid?.() !== 0)
    throw new CliError(EXIT.denied, "expected to be run by root; 'sudo axium executor uninstall'");
  if (root === '') await systemctlOrFail(context, DISABLE, 'the files stay', 'system');
  for (const path of there) {
    await removeFile(path);
    await context.print(`removed ${path}\n`);
  }
  if (root === '') await systemctlOrFail(context, ['daemon-reload'], 'the files are gone', 'system');
};
