import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CliError, EXIT } from './exit.ts';

/** What the daemon reads of config.yaml at most. */
export const MAX_CONFIG_BYTES = 65_536;

/** The text of a file, or the empty string where there is none. Throws CliError 65 for one that is over the cap. */
export async function readIfThere(path: string, maxBytes: number): Promise<string> {
  const found = await orMissing(stat(path));
  if (found === null) return '';
  if (found.size > maxBytes) {
    throw new CliError(EXIT.badYaml, `${path}: expected at most ${maxBytes} bytes, found ${found.size}`);
  }
  return readFile(path, 'utf8');
}

/**
 * Puts a text in the place of a file that was read before, in one step: a crash leaves the old or the new one. A link
 * stays, and the file it leads to is replaced. The mode stays; a new file gets 0600. Throws CliError 75 where the file is
 * no longer what was read.
 */
export async function replaceFile(path: string, before: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const real = (await orMissing(realpath(path))) ?? path;
  const mode = (await orMissing(stat(real)))?.mode ?? 0o600;
  const temporary = `${dirname(real)}/.${basename(real)}.${randomBytes(8).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.chmod(mode & 0o777);
      await file.sync();
    } finally {
      await file.close();
    }
    if (((await orMissing(readFile(real, 'utf8'))) ?? '') !== before) {
      throw new CliError(EXIT.busy, `${path} was changed by somebody else in the meantime; try again`);
    }
    await rename(temporary, real);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

async function orMissing<T>(reading: Promise<T>): Promise<T | null> {
  return reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
