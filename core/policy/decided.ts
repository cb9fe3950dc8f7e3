import type { Action } from '../../schemas/actions.ts';
import { BUILT_IN, type Decision, type Effect, type Rule, type RuleSource } from '../../schemas/decision.ts';
import type { Said } from './policy.ts';

/** Whether a rule has not expired. */
export function counts({ expires }: Rule, now: number): boolean {
  return expires === undefined || now < expires;
}

/** A switch as the rule that it is. */
export function saidRule(action: Action, said: Said<unknown>, effect: Effect): Rule {
  const origin = said.origin ?? BUILT_IN;
  return { action, pattern: String(said.value), effect, source: said.source, origin };
}

const BECAUSE: Readonly<Record<Effect, string>> = {
  allow: 'allowed by',
  ask: 'a person is asked because of',
  deny: 'denied by',
};

export function decided(rule: Rule): Decision {
  return {
    effect: rule.effect,
    reason: `${BECAUSE[rule.effect]} ${rule.action}: ${rule.pattern}`,
    rule,
    source: rule.source,
    viaOverride: rule.source === 'override',
  };
}

/** Nothing matched. `source` tells whose list it was that did not match. */
export function unmatched(source: RuleSource = 'base'): Decision {
  return {
    effect: 'deny',
    reason: 'no rule allows it',
    rule: null,
    source,
    viaOverride: source === 'override',
  };
}

export function builtIn(action: Action, effect: 'allow' | 'deny', reason: string): Decision {
  const rule: Rule = { action, pattern: '*', effect, source: 'system', origin: BUILT_IN };
  return { effect, reason, rule, source: 'system', viaOverride: false };
}

export function shapeless(action: Action): Decision {
  return builtIn(action, 'deny', 'the target was not resolved');
}
