import { lstat } from 'node:fs/promises';
import { shortPath } from '../../schemas/places.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import type { Context } from '../context.ts';

/** Where a spoke of this name lies among the user's own, as it is told; null where there is none. */
export async function findInstalled({ places, home }: Context, name: string): Promise<string | null> {
  const directory = `${places.spokesDirectory}/${name}`;
  const found = await lstat(directory).catch(() => null);
  return found === null ? null : visibleText(shortPath(directory, home));
}
