import type { PathTarget } from '../../schemas/decision.ts';
import { counts } from './decided.ts';
import { type Anchors, matchesReal } from './match-path.ts';
import { mayMatchBelow } from './may-match-below.ts';
import type { PathRule } from './policy.ts';
import type { RuleIndex } from './rule-index.ts';

/**
 * Of the rules of a list those that count now and cover a target, in their order: its real path, or for the names in a
 * directory what may lie below it.
 */
export function rulesCovering(
  rules: readonly PathRule[],
  index: RuleIndex,
  { real, look }: PathTarget,
  { anchors, now }: { readonly anchors: Anchors; readonly now: number },
): readonly PathRule[] {
  // What covers only what lies below a directory has its literal part there as well.
  const near = look === 'names' ? rules : index.candidates(anchors, real);
  return near.filter(
    ({ rule, pattern }) =>
      counts(rule, now) &&
      (matchesReal(pattern, real, anchors, 'trusted') ||
        (look === 'names' && mayMatchBelow(pattern, real, anchors, 'trusted'))),
  );
}
