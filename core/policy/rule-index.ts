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

/** The rules with one literal part. */
interface Group {
  readonly positions: number[];
  readonly rules: PathRule[];
}

/**
 * Puts rules in order of the literal parts of their patterns: a path can be matched only from one that it lies in. Most
 * paths lie in one or none, and what is found there is then given out as it is.
 */
export function indexRules(rules: readonly PathRule[]): RuleIndex {
  const byAnchor = new Map<string, Group>();
  rules.forEach((rule, position) => {
    for (const anchor of new Set(rule.pattern.alternatives.map((one) => one.anchor))) {
      const group = byAnchor.get(anchor) ?? { positions: [], rules: [] };
      byAnchor.set(anchor, group);
      group.positions.push(position);
      group.rules.push(rule);
    }
  });
  const lengths = new Set([...byAnchor.keys()].map((anchor) => anchor.length));
  /** Adds the groups of a path, of every directory above it, and of the root, whose literal part is `''`. */
  const addReached = (path: string, groups: Set<Group>) => {
    for (let end = path.length; end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      // Only where some literal part is as long is the text of it made and looked for.
      const group = lengths.has(end) ? byAnchor.get(path.slice(0, end)) : undefined;
      if (group) groups.add(group);
    }
  };
  return {
    candidates(anchors, real, asked = real) {
      if (byAnchor.size === 0) return rules;
      const groups = new Set<Group>();
      addReached(real, groups);
      if (asked !== real) addReached(asked, groups);
      // A literal part that is a link matches from where the link leads.
      for (const [anchor, { any }] of anchors) {
        const group = isWithin(real, any) ? byAnchor.get(anchor) : undefined;
        if (group) groups.add(group);
      }
      const [only, second] = groups;
      if (second === undefined) return only?.rules ?? [];
      const positions = new Set([...groups].flatMap((group) => group.positions));
      return [...positions].sort((a, b) => a - b).flatMap((at) => rules[at] ?? []);
    },
  };
}
