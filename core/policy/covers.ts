import { isWithin } from '../../schemas/path-text.ts';
import type { CommandPattern } from './match-command.ts';
import { matchesText, type PathPattern } from './match-path.ts';

/**
 * True where every path that one pattern matches is matched by another. It is said only where it can be told from the
 * texts, so that false says nothing. Pure.
 */
export function coversPath(wide: PathPattern, narrow: PathPattern): boolean {
  if (wide.text === narrow.text) return true;
  const [only] = narrow.alternatives;
  if (narrow.literal && only) return matchesText(wide, only.anchor);
  const [tree] = wide.alternatives;
  if (wide.alternatives.length !== 1 || !tree || !/^[^*?[\]{}\\$]*\/\*\*$/.test(wide.text)) return false;
  return narrow.alternatives.every(({ anchor }) => isWithin(anchor, tree.anchor));
}

/** The same for commands. */
export function coversCommand(wide: CommandPattern, narrow: CommandPattern): boolean {
  if (wide.open ? narrow.words.length < wide.words.length : narrow.open) return false;
  if (!wide.open && narrow.words.length !== wide.words.length) return false;
  return wide.words.every((word, index) => word === narrow.words[index] || (index > 0 && word === '*'));
}
