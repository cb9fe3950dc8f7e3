import { BUILT_IN, type Decision, type Rule } from '../../schemas/decision.ts';
import { rulesCovering } from './covering.ts';
import type { Query } from './decide.ts';
import { counts, decided } from './decided.ts';
import { matchesCommand } from './match-command.ts';
import type { Policy, Said } from './policy.ts';

/** A list that bounds an action, and those of its rules that cover what is asked. */
interface Bound {
  readonly said: Said<readonly unknown[]>;
  readonly patterns: () => readonly string[];
  readonly covering: readonly Rule[];
}

/** Beyond a ceiling nothing is allowed, and nobody is asked; where one says ask, a person is. */
export function withinCeilings(policy: Policy, query: Query, decision: Decision): Decision {
  // What was denied by a rule stays so, and what came with the spoke's own code is nobody's to bound.
  if (decision.rule !== null && (decision.effect === 'deny' || decision.rule.origin === BUILT_IN))
    return decision;
  const bounds = boundsOf(policy, query);
  const beyond = bounds.find(({ covering }) => covering.length === 0);
  if (beyond !== undefined) return denied(query, beyond);
  const asking = bounds.find(({ covering }) => covering.every(({ effect }) => effect === 'ask'));
  const [rule] = asking?.covering ?? [];
  return decision.effect === 'allow' && rule !== undefined ? decided(rule) : decision;
}

function boundsOf({ ceilings }: Policy, query: Query): readonly Bound[] {
  const { action, target, now } = query;
  if (action === 'exec' && target.kind === 'command') {
    return ceilings.commands.map((said) => ({
      said,
      patterns: () => said.value.map(({ rule }) => rule.pattern),
      covering: said.value
        .filter(({ rule, pattern }) => counts(rule, now) && matchesCommand(pattern, target))
        .map(({ rule }) => rule),
    }));
  }
  if (action === 'privileged' && target.kind === 'privileged') {
    return ceilings.privileged.map((said) => ({
      said,
      patterns: () => said.value.map(({ pattern }) => pattern),
      covering: said.value.filter((rule) => counts(rule, now) && rule.pattern === target.action),
    }));
  }
  if ((action !== 'fs_read' && action !== 'fs_write') || target.kind !== 'path') return [];
  return ceilings.paths[action].map(({ said, index }) => ({
    said,
    patterns: () => said.value.map(({ rule }) => rule.pattern),
    covering: rulesCovering(said.value, index, target, query).map(({ rule }) => rule),
  }));
}

function denied({ action }: Query, { said, patterns }: Bound): Decision {
  const all = patterns();
  const pattern = `[${all.join(', ').slice(0, MAX_TOLD)}]`;
  const rule: Rule = { action, pattern, effect: 'deny', source: 'system', origin: said.origin ?? BUILT_IN };
  const reason = `the host allows ${action} for ${all.length === 0 ? 'nothing' : pattern} at most`;
  return { effect: 'deny', reason, rule, source: 'system', viaOverride: false };
}

/** Characters of a ceiling that a decision tells. */
const MAX_TOLD = 200;
