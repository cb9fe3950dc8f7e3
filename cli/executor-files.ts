import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, EXIT } from './exit.ts';

const MARK = "Written by 'axium executor install'";
const MAX_BYTES = 262_144;

/** The text of a file that the installation has written; null where there is none. Throws CliError for any other file. */
export async function readOwnFile(path: string): Promise<string | null> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (found === null) return null;
  const text = found.isFile() && found.size <= MAX_BYTES ? await readFile(path, 'utf8') : '';
  if (text.includes(MARK)) return text;
  throw new CliError(
    EXIT.no,
    `${path}: expected no file or one that 'axium executor install' has written, found another; move it away first`,
  );
}

/** Puts a file for everybody to read and root to write in its place, in one step. */
export async function writeSystemFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.chmod(0o644);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
