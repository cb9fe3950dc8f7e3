import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';

/**
 * Opens a file in the user's editor and returns when that has ended. The first that there is of $VISUAL, $EDITOR,
 * sensible-editor and vi; the variables may hold arguments, divided by blanks. No shell reads them.
 */
export async function editFile({ env }: Pick<Context, 'env'>, file: string): Promise<void> {
  const editor = await findEditor(env);
  const [program = '', ...args] = editor;
  const ended = await new Promise<string | null>((resolve, reject) => {
    const child = spawn(program, [...args, file], { stdio: 'inherit', env });
    child.once('error', ({ message }) => reject(new CliError(EXIT.unavailable, `${program}: ${message}`)));
    child.once('exit', (code, signal) => resolve(code === 0 ? null : String(code ?? signal)));
  });
  if (ended !== null)
    throw new CliError(EXIT.no, `the editor '${program}' ended with ${ended}; ${file} is as it left it`);
}

async function findEditor(env: Context['env']): Promise<readonly string[]> {
  const named = [env.VISUAL, env.EDITOR].map((text) =>
    (text ?? '').split(/\s+/).filter((word) => word !== ''),
  );
  for (const words of [...named, ['sensible-editor'], ['vi']]) {
    const [program] = words;
    if (program !== undefined && (await isProgram(program, env.PATH ?? '/usr/bin:/bin'))) return words;
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
