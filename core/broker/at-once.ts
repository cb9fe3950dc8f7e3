import type { PlainTarget } from '../../schemas/decision.ts';
import type { Answer } from '../../schemas/message.ts';
import type { Response } from '../../schemas/wire.ts';
import type { PortalEntry, Staged } from '../portals/portal.ts';
import { decideAtOnce } from './decide-now.ts';
import type { Asked, BrokerInput } from './input.ts';
import { NOT_DONE, outcomeOf, readable, recordOutcome, recordPlain } from './record.ts';
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
  const { decision, policy } = decideAtOnce(input, note.subject.spoke, about, PLAIN);
  const ready =
    decision.effect === 'allow' && portal.stage !== null ? stage(input, asked, portal.stage) : null;
  if (decision.effect !== 'deny' && ready === null) return false;
  const outcome = ready && outcomeOf(input, note, ready.response);
  recordPlain(input, note, { about, decision, policy, outcome }, (isRecorded) => {
    if (!isRecorded) answer(failure(id, 'unavailable', NOT_DONE));
    else if (ready === null) answer(denied(id, about, PLAIN, decision));
    else answer(commit(input, asked, ready));
  });
  return true;
}

const PLAIN: PlainTarget = { kind: 'plain' };

interface Ready extends Pick<Staged, 'commit'> {
  readonly response: Response;
}

/** All that can fail of what is done in memory. */
function stage(
  input: BrokerInput,
  { note, id, request }: Asked,
  prepare: NonNullable<PortalEntry['stage']>,
): Ready {
  try {
    const { reply, commit } = prepare(request, note.subject);
    return { response: success(id, reply), commit };
  } catch (error) {
    const { code, message } = readable(input, note, error);
    return { response: failure(id, code, message), commit: () => {} };
  }
}

/** One that fails is a defect: the record that said otherwise is followed by one that tells. */
function commit(input: BrokerInput, { note, id }: Asked, { response, commit }: Ready): Response {
  try {
    commit();
    return response;
  } catch (error) {
    const { code, message } = readable(input, note, error);
    const failed = failure(id, code, message);
    recordOutcome(input, note, failed);
    return failed;
  }
}
