import type { Decision, Rule } from '../../schemas/decision.ts';
import { rulesCovering } from './covering.ts';
import type { Query } from './decide.ts';
import { counts, saidRule } from './decided.ts';
import { matchesCommand } from './match-command.ts';
import type { Policy, Withheld } from './policy.ts';

/**
 * A right that is written somewhere and does not count is named, with the reason, where nothing else decided. Switches are
 * decided by decideSwitch, which names theirs.
 */
export function whyWithheld(policy: Policy, query: Query, decision: Decision): Decision {
  if (decision.effect !== 'deny' || decision.rule !== null) return decision;
  for (const withheld of policy.withheld) {
    const rule = withheldRule(withheld, query);
    if (rule !== null) return namedWithheld(rule, withheld.because);
  }
  return decision;
}

/** The denial that names a right that does not count. */
export function namedWithheld(rule: Rule, because: string): Decision {
  return {
    effect: 'deny',
    reason: `${rule.action}: ${rule.pattern} does not count: ${because}`,
    rule: { ...rule, effect: 'deny', source: 'system' },
    source: 'system',
    viaOverride: false,
  };
}

/** The rule of those that are withheld that would have allowed it. */
function withheldRule(
  { exec, privileged, paths, index }: Withheld,
  { action, target, anchors, now }: Query,
): Rule | null {
  if (action === 'exec' && exec !== undefined && target.kind === 'command') {
    if (typeof exec.value !== 'object') return saidRule('exec', exec, 'allow');
    return (
      exec.value.find(({ rule, pattern }) => counts(rule, now) && matchesCommand(pattern, target))?.rule ??
      null
    );
  }
  if (target.kind === 'privileged') {
    return privileged.find((rule) => counts(rule, now) && rule.pattern === target.action) ?? null;
  }
  if ((action !== 'fs_read' && action !== 'fs_write') || target.kind !== 'path') return null;
  return rulesCovering(paths[action], index[action], target, { anchors, now })[0]?.rule ?? null;
}
