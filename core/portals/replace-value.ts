import { constants } from 'node:fs';
import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DSYNC, O_RDONLY, O_DIRECTORY } = constants;

/**
 * Stores a value under the name of its file in one step: a crash leaves the old or the new one, and once this has settled
 * the new one is on the disk under that name. Where it rejects the old one is left, but for the error of `keepChange`.
 * `temporary` names a file of the same directory that is not there. Every step
 * is a trip through the threads for file access, which all share: there is none that this does not need.
 */
export async function replaceValue(
  files: Powers['files'],
  directory: string,
  {
    name,
    temporary,
    content,
  }: { readonly name: string; readonly temporary: string; readonly content: string },
): Promise<void> {
  const made = `${directory}/${temporary}`;
  // O_DSYNC: what is written is on the disk when the write is over, without an fsync beside it.
  const file = await files.open(made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_DSYNC, 0o600);
  try {
    await file.writeFile(content).finally(() => file.close());
    await files.rename(made, `${directory}/${name}`);
  } catch (error) {
    await files.unlink(made).catch(() => {});
    throw error;
  }
  await keepChange(files, directory);
}

/**
 * Settles once a change that was made in a directory is on the disk. Throws `unavailable`, which says that the change is
 * there and may be undone: whoever asked for it must not take it for one that was not made.
 */
export async function keepChange(files: Powers['files'], directory: string): Promise<void> {
  await syncNames(files, directory).catch((error: unknown) => {
    const why = errno(error);
    if (why === '') throw error;
    throw new AxiumError(
      'unavailable',
      `it was done, and is lost if the machine stops now, since the disk did not take it (${why}); do it again`,
    );
  });
}

/** Settles once the names in a directory are on the disk: one that is not would be lost with the power, and what is under it. */
export async function syncNames(files: Powers['files'], directory: string): Promise<void> {
  const handle = await files.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    await handle.sync().catch((error: unknown) => {
      // A file system that cannot do this for a directory has nothing to do.
      if (errno(error) !== 'EINVAL') throw error;
    });
  } finally {
    await handle.close();
  }
}
