import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { shortPath } from '../../schemas/places.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { editFile } from '../editor.ts';
import { CliError, EXIT } from '../exit.ts';
import { permissionsTemplate } from '../permissions-template.ts';
import { runCheck } from '../run-check.ts';

/** The file is edited in place and checked afterwards; the daemon takes no version that is not valid. */
export const run: Run = async (context, { args }) => {
  const [spoke] = args;
  if (spoke !== undefined && !/^[a-z][a-z0-9-]{0,63}$/.test(spoke)) {
    throw new CliError(EXIT.usage, `'${spoke}': expected the name of a spoke, like creds`);
  }
  await createMissing(context, spoke);
  if (spoke !== undefined) await remarkMissingSection(context, spoke);
  // The editor may have saved before it failed, so the file is checked in any case.
  const failure = await editFile(context, context.places.permissionsFile).then(
    () => null,
    (error: unknown) => error,
  );
  await checkOverrides(context);
  if (failure !== null) throw failure;
};

async function createMissing({ places }: Context, spoke: string | undefined): Promise<void> {
  await mkdir(places.config, { recursive: true, mode: 0o700 });
  const options = { flag: 'wx', mode: 0o600 };
  await writeFile(places.permissionsFile, permissionsTemplate(spoke), options).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
}

async function remarkMissingSection({ places, home, remark }: Context, spoke: string): Promise<void> {
  const text = await readFile(places.permissionsFile, 'utf8');
  // At the beginning of a line, as a comment or not, bare or quoted: only a hint depends on it.
  if (new RegExp(`^#? ?(["']?)${spoke}\\1\\s*:`, 'm').test(text)) return;
  const file = shortPath(places.permissionsFile, home);
  remark(`axium: ${file} has no section for '${spoke}' yet; begin one with a line '${spoke}:'\n`);
}

async function checkOverrides(context: Context): Promise<void> {
  const { ok, problems, warnings } = await runCheck(context, 'overrides');
  for (const warning of warnings) context.remark(`axium: warning: ${visibleText(warning)}\n`);
  if (ok) return;
  const file = shortPath(context.places.permissionsFile, context.home);
  throw new CliError(
    EXIT.badYaml,
    `${file} is not valid; the last good version stays in force until it is mended`,
    problems,
  );
}
