import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';

/**
 * Opens a file in the user's editor and returns when that has ended. The one that $VISUAL names, else
 * $EDITOR, else the first that there is of sensible-editor and vi; the variables may hold arguments, divided by blanks.
 * No shell reads them. Throws CliError where the one that is named is not there: another could be a surprise.
 */
export async function editFile({ env }: Pick<Context, 'env'>, file: string): Promise<void> {
  const editor = await findEditor(env);
  const [program = '', ...args] = editor;
  // An interrupt at the terminal is for the editor alone: this command has to see what it leaves.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const ended = await new Promise<string | null>((resolve, reject) => {
    const child = spawn(program, [...args, file], { stdio: 'inherit', env });
    child.once('error', ({ message }) => reject(new CliError(EXIT.unavailable, `${program}: ${message}`)));
    child.once('exit', (code, signal) => resolve(code === 0 ? null : String(code ?? signal)));
  }).finally(() => process.off('SIGINT', ignore));
  if (ended !== null) throw new CliError(EXIT.no, `the editor '${program}' ended with ${ended}`);
}

async function findEditor(env: Context['env']): Promise<readonly string[]> {
  const path = env.PATH ?? '/usr/bin:/bin';
  for (const variable of ['VISUAL', 'EDITOR']) {
    const words = (env[variable] ?? '').split(/\s+/).filter((word) => word !== '');
    const [program] = words;
    if (program === undefined) continue;
    if (await isProgram(program, path)) return words;
    throw new CliError(
      EXIT.unavailable,
      `${variable}: the editor '${program}' was not found; set ${variable} to one that there is, like ${variable}=nano`,
    );
  }
  for (const program of ['sensible-editor', 'vi']) {
    if (await isProgram(program, path)) return [program];
  }
  throw new CliError(EXIT.unavailable, 'no editor was found; set EDITOR to one, like EDITOR=nano');
}

async function isProgram(name: string, path: string): Promise<boolean> {
  const places = name.includes('/')
    ? [name]
    : path.split(':').map((directory) => `${directory || '.'}/${name}`);
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return true;
    } catch {
      // The next place may have it.
    }
  }
  return false;
}
