import type { PolicyName } from '../../schemas/config.ts';
import type { Decision } from '../../schemas/decision.ts';
import { decideStrictest, type Query } from './decide.ts';
import { DEFAULT_PEOPLE, DENY_ALL_PEOPLE, type PeoplePolicy, STRICT_PEOPLE } from './people.ts';
import type { Policy } from './policy.ts';

/** What decides: for spokes, by the rules of their policies, and for people. Replaceable as a whole. */
export interface DecisionPoint {
  readonly decide: (policies: readonly Policy[], query: Query) => Decision;
  readonly people: PeoplePolicy;
}

/** The implementations that `policy` of config.yaml can name. */
export const DECISION_POINTS: Readonly<Record<PolicyName, DecisionPoint>> = {
  default: { decide: decideStrictest, people: DEFAULT_PEOPLE },
  'deny-all': { decide: denyAll, people: DENY_ALL_PEOPLE },
  strict: { decide: neverAsk, people: STRICT_PEOPLE },
};

/** Decides by one of them; where that throws, it is a denial. */
export function decideBy(point: DecisionPoint, policies: readonly Policy[], query: Query): Decision {
  try {
    return point.decide(policies, query);
  } catch {
    return denial('the policy failed');
  }
}

function denyAll(): Decision {
  return denial('the policy denies everything');
}

/** What a person would have to be asked about is denied. */
function neverAsk(policies: readonly Policy[], query: Query): Decision {
  const decision = decideStrictest(policies, query);
  return decision.effect === 'ask'
    ? { ...decision, effect: 'deny', reason: 'the policy asks nobody' }
    : decision;
}

function denial(reason: string): Decision {
  return { effect: 'deny', reason, rule: null, source: 'system', viaOverride: false };
}
