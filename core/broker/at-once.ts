import type { PlainTarget } from '../../schemas/decision.ts';
import type { Answer } from '../../schemas/message.ts';
import type { Response } from '../../schemas/wire.ts';
import type { PortalEntry, Staged } from '../portals/portal.ts';
import { decideWithoutLooking } from './decide-now.ts';
import type { Asked, BrokerInput } from './input.ts';
import { failureOf, NOT_DONE, outcomeOf, recordOutcome } from './record.ts';
import { recordPlain } from './record-plain.ts';
import { success } from './success.ts';
import { denied, failure } from './tell-denial.ts';

/**
 * Mediates a request for an action without an object of its own that is denied, or is done in the daemon's memory alone:
 * nothing is waited for but the record. Most requests are of that kind, so no promise is made for them. What is done in
 * memory is gone with the daemon, and cannot fail once it is staged: what comes of it is known before it is done, and
 * stands in the record of the decision. False for any other, of which nothing has been done or recorded yet; a decision is
 * pure, and is made anew there.
 */
export function mediateAtOnce(input: BrokerInput, asked: Asked, answer: Answer): boolean {
  const { note, id, portal, about } = asked;
  const { decision, policy } = decideWithoutLooking(input, note.subject.spoke, about, PLAIN);
  const isStaged = decision.effect === 'allow' && portal.stage !== null;
  if (decision.effect !== 'deny' && !isStaged) return false;
  const staged = isStaged ? stageOrFail(input, asked, portal.stage) : null;
  const outcome = staged && outcomeOf(input, note, staged.response);
  recordPlain(input, note, { about, decision, policy, outcome }, (isRecorded) => {
    if (!isRecorded) answer(failure(id, 'unavailable', NOT_DONE));
    else if (staged === null) answer(denied(id, about, PLAIN, decision));
    else answer(commitOrFail(input, asked, staged));
  });
  return true;
}

const PLAIN: PlainTarget = { kind: 'plain' };

interface StagedAnswer extends Pick<Staged, 'commit'> {
  readonly response: Response;
}

/** All that can fail of what is done in memory. */
function stageOrFail(
  input: BrokerInput,
  { note, id, request }: Asked,
  stage: NonNullable<PortalEntry['stage']>,
): StagedAnswer {
  try {
    const { reply, commit } = stage(request, note.subject);
    return { response: success(id, reply), commit };
  } catch (error) {
    return { response: failureOf(input, note, id, error), commit: () => {} };
  }
}

/** One that fails is a defect: the record that said otherwise is followed by one that tells. */
function commitOrFail(input: BrokerInput, { note, id }: Asked, staged: StagedAnswer): Response {
  try {
    staged.commit();
    return staged.response;
  } catch (error) {
    const failed = failureOf(input, note, id, error);
    recordOutcome(input, note, failed);
    return failed;
  }
}
