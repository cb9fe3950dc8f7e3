import { isWithin } from '../../schemas/path-text.ts';
import type { Anchors, PathPattern, Trust } from './match-path.ts';

/**
 * False only where a pattern matches nothing below a directory, there already or not. True can be said too often, which
 * costs a look at what is there.
 */
export function mayMatchBelow(
  pattern: PathPattern,
  directory: string,
  anchors: Anchors,
  trust: Trust,
): boolean {
  const levels = levelsBelowAnchor(pattern);
  return pattern.alternatives.some(({ anchor, matches }) => {
    const at = anchors.get(anchor);
    const real = at ? at[trust] : anchor;
    // A denial holds by either name, an allowance by the real one.
    const bases = trust === 'any' ? [anchor, real] : [real];
    return bases.some((base) => {
      if (base === null) return false;
      if (!isWithin(directory, base)) return isWithin(base, directory === '/' ? '' : directory);
      if (matches(anchor)) return false;
      return depthOf(directory) - depthOf(base) < levels;
    });
  });
}

/**
 * How far below its literal part a pattern can match, told from its text alone: without a bound where `**`, or what
 * could come to be one, is in it.
 */
function levelsBelowAnchor({ text }: PathPattern): number {
  if (/\*\*|[{$\\]/.test(text)) return Number.POSITIVE_INFINITY;
  const segments = text.split(/\/+/);
  const wildAt = segments.findIndex((segment) => /[*?[]/.test(segment));
  return wildAt < 0 ? 0 : segments.length - wildAt;
}

function depthOf(path: string): number {
  return path.split('/').filter((part) => part !== '').length;
}
