import type { Decision, Rule } from '../../schemas/decision.ts';
import { rulesCovering } from './covering.ts';
import type { Query } from './decide.ts';
import { counts, saidRule } from './decided.ts';
import { matchesCommand } from './match-command.ts';
import type { Policy, Withheld } from './policy.ts';

/** A right that is written somewhere and does not count is named, with the reason, where nothing else decided. */
export function whyWithheld(policy: Policy, query: Query, decision: Decision): Decision {
  if (decision.effect !== 'deny' || decision.rule !== null) return decision;
  for (const withheld of policy.withheld) {
    const rule = withheldRule(withheld, query);
    if (rule === null) continue;
    const { action, pattern } = rule;
    return {
      effect: 'deny',
      reason: `${action}: ${pattern} does not count: ${withheld.because}`,
      rule: { ...rule, effect: 'deny', source: 'system' },
      source: 'system',
      viaOverride: false,
    };
  }
  return decision;
}

/** The rule of those that are withheld that would have allowed it. */
function withheldRule(
  { exec, switches, privileged, paths, index }: Withheld,
  { action, target, anchors, now }: Query,
): Rule | null {
  if (action === 'notify' || action === 'net' || action === 'facts') {
    const said = switches[action];
    return said ? saidRule(action, said, 'allow') : null;
  }
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
