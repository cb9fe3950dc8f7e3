import { type Decision, formatOrigin, type Rule } from '../../schemas/decision.ts';

/** A decision as a table can hold it: nothing left out, the rule in one line. */
export type PlainDecision = Omit<Decision, 'rule'> & { readonly rule: string | null };

export function plainDecision(decision: Decision): PlainDecision {
  return { ...decision, rule: decision.rule && plainRule(decision.rule) };
}

function plainRule({ action, pattern, effect, source, origin, expires, why }: Rule): string {
  const until = expires === undefined ? '' : ` until ${new Date(expires).toISOString()}`;
  const because = why === undefined ? '' : ` because ${why}`;
  return `${formatOrigin(origin)} (${source}) ${effect} ${action}: ${pattern}${until}${because}`;
}
