import type { Rule } from '../../schemas/decision.ts';
import { decide, type Query } from './decide.ts';
import { NO_CEILINGS } from './granted-paths.ts';
import { type CommandRule, PATH_LISTS, type PathList, type PathRule, type Policy } from './policy.ts';
import { indexRules } from './rule-index.ts';

/**
 * Every rule that has something to say of a query, the restrictions first. Told by `decide` itself, asked under a policy
 * that holds the one rule and nothing else: there is no second way of matching. Pure.
 */
export function matchingRules(policy: Policy, query: Query): readonly Rule[] {
  const { action, target } = query;
  const bare = withoutRules(policy);
  // What is true of the file decides beside the rules; here only the rules count.
  const plain: Query =
    target.kind === 'path' ? { ...query, target: { ...target, found: 'file', kernelFs: null } } : query;
  const decides = (one: Policy, rule: Rule) => decide(one, plain).rule === rule;
  if (action === 'fs_read' || action === 'fs_write') {
    if (target.kind !== 'path') return [];
    const { restrictions, paths } = policy.index;
    const near = (index: typeof paths) => index[action].candidates(query.anchors, target.real, target.asked);
    return [
      ...near(restrictions).filter((one) => decides(withRestriction(bare, action, one), one.rule)),
      ...near(paths).filter((one) => decides(withPath(bare, action, one), one.rule)),
    ].map(({ rule }) => rule);
  }
  if (action === 'privileged') {
    const { restrictions, privileged } = policy;
    // What restricts an action is what a grant of it meets.
    return [...restrictions.privileged, ...privileged].filter(
      ({ pattern, expires }) =>
        target.kind === 'privileged' &&
        pattern === target.action &&
        (expires === undefined || query.now < expires),
    );
  }
  if (action !== 'exec') return [];
  const listed = typeof policy.exec.value === 'object' ? policy.exec.value : [];
  return [
    ...policy.restrictions.commands.filter((one) => decides(withCommand(bare, one), one.rule)),
    ...listed.filter((one) => decides({ ...bare, exec: { ...policy.exec, value: [one] } }, one.rule)),
  ].map(({ rule }) => rule);
}

const NONE = { fs_read: [], fs_write: [] } as const;
const NO_INDEX = { fs_read: indexRules([]), fs_write: indexRules([]) } as const;

/** The same policy without a rule, and without the places that are guarded from every rule. */
function withoutRules(policy: Policy): Policy {
  return {
    ...policy,
    open: true,
    exec: { value: [], source: 'base', origin: policy.exec.origin ?? { file: '', line: 0, column: 0 } },
    paths: NONE,
    privileged: [],
    ceilings: NO_CEILINGS,
    withheld: [],
    restrictions: { paths: NONE, commands: [], privileged: [] },
    index: { paths: NO_INDEX, restrictions: NO_INDEX },
    ownConfig: undefined,
    guard: { neverWrite: [], home: policy.guard.home },
  };
}

function withPath(bare: Policy, action: PathList, one: PathRule): Policy {
  // Whether an entry is literal counts only where code persists, which is no question of what it matches.
  const rules = [{ ...one, pattern: { ...one.pattern, literal: true } }];
  return { ...bare, paths: only(action, rules, []), index: { ...bare.index, paths: indexOf(action, rules) } };
}

function withRestriction(bare: Policy, action: PathList, one: PathRule): Policy {
  const rules = [{ ...one, pattern: { ...one.pattern, literal: true } }];
  return {
    ...bare,
    restrictions: { paths: only(action, rules, []), commands: [], privileged: [] },
    index: { ...bare.index, restrictions: indexOf(action, rules) },
  };
}

function withCommand(bare: Policy, one: CommandRule): Policy {
  return { ...bare, restrictions: { paths: NONE, commands: [one], privileged: [] } };
}

function indexOf(action: PathList, rules: readonly PathRule[]): Policy['index']['paths'] {
  return only(action, indexRules(rules), indexRules([]));
}

function only<T>(action: PathList, here: T, elsewhere: T): Readonly<Record<PathList, T>> {
  return Object.fromEntries(PATH_LISTS.map((list) => [list, list === action ? here : elsewhere])) as Record<
    PathList,
    T
  >;
}
