import { isWithin } from '../../schemas/path-text.ts';
import type { Anchors } from './match-path.ts';
import type { PathRule } from './policy.ts';

/** Finds, of many rules, the few that could match a path: one spoke's ten thousand patterns must not hold up the others. */
export interface RuleIndex {
  /**
   * Every rule that could match, in their order, and maybe some that do not. `real` is where a file lies, `asked` the
   * name by which it was asked for where that counts as well.
   */
  readonly candidates: (anchors: Anchors, real: string, asked?: string) => readonly PathRule[];
}

/** Puts rules in order of the literal parts of their patterns: a path can be matched only from one that it lies in. */
export function indexRules(rules: readonly PathRule[]): RuleIndex {
  const byAnchor = new Map<string, number[]>();
  rules.forEach(({ pattern }, position) => {
    for (const anchor of new Set(pattern.alternatives.map((one) => one.anchor))) {
      const positions = byAnchor.get(anchor);
      if (positions) positions.push(position);
      else byAnchor.set(anchor, [position]);
    }
  });
  return {
    candidates(anchors, real, asked = real) {
      const reached = new Set([...selfAndAbove(real), ...selfAndAbove(asked)]);
      // A literal part that is a link matches from where the link leads.
      for (const [anchor, { any }] of anchors) if (isWithin(real, any)) reached.add(anchor);
      const positions = new Set<number>();
      for (const anchor of reached) for (const at of byAnchor.get(anchor) ?? []) positions.add(at);
      return [...positions].sort((a, b) => a - b).flatMap((at) => rules[at] ?? []);
    },
  };
}

/** A path, every directory above it, and `''` for the root, as anchors are written. */
function selfAndAbove(path: string): readonly string[] {
  const all = [path];
  for (let at = path.lastIndexOf('/'); at >= 0; at = path.lastIndexOf('/', at - 1)) {
    all.push(path.slice(0, at));
    if (at === 0) break;
  }
  return all;
}
