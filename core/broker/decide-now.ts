import type { Decision, PathTarget, Target } from '../../schemas/decision.ts';
import type { Subject } from '../../schemas/subject.ts';
import { AxiumError } from '../errors.ts';
import type { Query } from '../policy/decide.ts';
import type { Anchors } from '../policy/match-path.ts';
import type { About, BrokerInput } from './input.ts';

type Deciding = Pick<BrokerInput, 'policies' | 'anchors' | 'clock' | 'decide'>;

/** A decision, and the hash of the policy that made it. */
export interface Decided {
  readonly decision: Decision;
  readonly policy: string;
}

/**
 * Decides by the policies in force at this moment: at once, but for a path, where links are looked at first and the
 * policies may change meanwhile. Throws `busy` where they never stay the same for as long.
 */
export function decideNow(
  input: Deciding,
  note: { readonly subject: Pick<Subject, 'spoke'> },
  about: About,
  target: Target,
): Decided | Promise<Decided> {
  const { action } = about as Pick<Query, 'action'>;
  const { spoke } = note.subject;
  if (target.kind === 'path') return decideOnPath(input, spoke, action, target);
  return decideWithoutLooking(input, spoke, about, target);
}

/** Decides on what is no path by the policies in force at this moment. */
export function decideWithoutLooking(
  input: Omit<Deciding, 'anchors'>,
  spoke: string,
  about: About,
  target: Exclude<Target, PathTarget>,
): Decided {
  const { action } = about as Pick<Query, 'action'>;
  const { policies, hash } = input.policies(spoke);
  const query = { action, target, anchors: NO_ANCHORS, now: input.clock.now() };
  return { decision: input.decide(policies, query), policy: hash };
}

async function decideOnPath(
  input: Deciding,
  spoke: string,
  action: Query['action'],
  target: Target,
): Promise<Decided> {
  for (let tries = 0; tries < 5; tries += 1) {
    const { policies, hash } = input.policies(spoke);
    const anchors = await input.anchors(policies);
    // What was taken away while the links were looked at is gone already.
    if (input.policies(spoke).policies !== policies) continue;
    return {
      decision: input.decide(policies, { action, target, anchors, now: input.clock.now() }),
      policy: hash,
    };
  }
  throw new AxiumError('busy', 'the permissions are changing faster than can be decided; try again');
}

const NO_ANCHORS: Anchors = new Map();
