import type { Decision } from '../../schemas/decision.ts';
import { decided, saidRule, unmatched } from './decided.ts';
import type { Said, Switch, Withheld } from './policy.ts';
import { namedWithheld } from './why-withheld.ts';

/** Decides on a switch. What decides is the same for every request, so that it is done once for each policy. Pure. */
export function decideSwitch(action: Switch, said: Said<boolean>, withheld: readonly Withheld[]): Decision {
  if (said.origin !== null) return decided(saidRule(action, said, said.value ? 'allow' : 'deny'));
  for (const { switches, because } of withheld) {
    const waiting = switches[action];
    if (waiting) return namedWithheld(saidRule(action, waiting, 'allow'), because);
  }
  return unmatched();
}
