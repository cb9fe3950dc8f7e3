import { lstat } from 'node:fs/promises';
import type { AuthorReplies, SpokeLook } from '../../schemas/author.ts';
import { shortPath } from '../../schemas/places.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { askEntry } from '../run-check.ts';

/** Where a spoke of this name lies among the user's own, as it is told; null where there is none. */
export async function findInstalled({ places, home }: Context, name: string): Promise<string | null> {
  const directory = `${places.spokesDirectory}/${name}`;
  const found = await lstat(directory).catch(() => null);
  return found === null ? null : visibleText(shortPath(directory, home));
}

/**
 * The spoke that another one of its name would replace; null where there is none. Throws CliError 1 for what cannot be
 * replaced: a link, which is kept up where it leads to, and what is no spoke of this name.
 */
export async function findReplaced(context: Context, name: string): Promise<SpokeLook | null> {
  const there = await findInstalled(context, name);
  if (there === null) return null;
  const directory = `${context.places.spokesDirectory}/${name}`;
  const refuse = (what: string) =>
    new CliError(EXIT.no, `${there} ${what}; run 'axium spoke remove ${name}' first`);
  if (!(await lstat(directory)).isDirectory()) throw refuse('is no directory, but a link or a file');
  // Whether its code would run is no matter any more.
  const look = await askEntry<AuthorReplies['look']>(context, 'author', ['look', directory]).catch(
    () => null,
  );
  if (look === null) throw refuse('is there already, and is no spoke that can be read');
  if (look.spoke.name !== name) throw refuse(`is there already, and holds the spoke '${look.spoke.name}'`);
  return look.spoke;
}
