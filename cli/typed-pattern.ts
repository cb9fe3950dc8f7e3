import { lstat } from 'node:fs/promises';
import { shortPath } from '../schemas/places.ts';

const WILD = /[*?[\]{}\\$]/;

/** A path as a pattern that means it alone, below the home directory as `~/`. */
export function literalPattern(path: string, home: string): string {
  return shortPath(path, home).replace(/[*?[\]{}\\$]/g, '\\$&');
}

/**
 * A path pattern as it was typed, written as a file has it: what lies below the home directory begins with `~/`. Where
 * there is a file of just this name, the name is meant and not what its characters could stand for, which would be more:
 * `escaped` tells of that.
 */
export async function typedPattern(
  typed: string,
  home: string,
): Promise<{ readonly pattern: string; readonly escaped: boolean }> {
  const path = typed === '~' || typed.startsWith('~/') ? home + typed.slice(1) : typed;
  const isName = WILD.test(typed) && path.startsWith('/') && (await isThere(path));
  if (isName) return { pattern: literalPattern(path, home), escaped: true };
  return { pattern: WILD.test(home) ? typed : shortPath(typed, home), escaped: false };
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
