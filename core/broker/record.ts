import type { Outcome } from '../../schemas/audit.ts';
import type { Code } from '../../schemas/codes.ts';
import type { Decision, Target } from '../../schemas/decision.ts';
import type { Failure, Response } from '../../schemas/wire.ts';
import { decisionEntry, detailOf } from '../audit/decision-entry.ts';
import { AxiumError, errno } from '../errors.ts';
import type { About, BrokerInput, Note } from './input.ts';
import { failure } from './tell-denial.ts';

/** Why a request came to nothing. */
export interface Refusal {
  readonly code: Code;
  readonly message: string;
}

/** What a spoke is told where the record could not be written. */
export const NOT_DONE = 'it was not done, since no record of it could be written';

/** The record could not be written, so nothing was done. */
export class NotRecorded extends Error {
  override readonly message = NOT_DONE;
}

/** What was decided, as it goes on record. */
export interface Verdict {
  readonly about: About;
  /** Null where it was not found out, or is nothing but the spoke itself. */
  readonly target: Target | null;
  readonly decision: Decision;
  readonly policy: string;
}

/** Settles once the decision is on record. Rejects with NotRecorded, and never throws. */
export function recordOrThrow(
  input: BrokerInput,
  note: Note,
  { about, target, decision, policy }: Verdict,
): Promise<void> {
  const refused = (error: unknown) => {
    input.onDefect(error, note.request);
    throw new NotRecorded();
  };
  try {
    const { subject, request, command } = note;
    const { action, resource } = about;
    const entry = decisionEntry({ subject, request, command, action, resource, target, decision, policy });
    const detail = { spoke: subject.spoke, detail: detailOf(entry, target) };
    return input.audit.decision(entry, detail).catch(refused);
  } catch (error) {
    return Promise.reject(error).catch(refused);
  }
}

/** What came of a request until now. */
export function outcomeOf(input: BrokerInput, note: Note, response: Response): Outcome {
  const duration = Math.round((input.clock.monotonic() - note.started) * 1000) / 1000;
  return { ok: response.ok, code: response.ok ? null : response.code, duration_ms: duration };
}

/**
 * Records what came of an allowed request: at the end of this tick, before the answer leaves and together with whatever
 * else is recorded then. Nobody waits for it: where it cannot be written the answer is the same, since it was done.
 */
export function recordOutcome(input: BrokerInput, note: Note, response: Response): void {
  input.audit
    .outcome({ type: 'outcome', request: note.request, ...outcomeOf(input, note, response) })
    .catch((error: unknown) => input.onDefect(error, note.request));
}

/** A request that came to no decision is a denial like any other, and on record like any other. */
export async function refuse(
  input: BrokerInput,
  note: Note,
  about: About,
  id: number,
  { code, message }: Refusal,
): Promise<Response> {
  const decision: Decision = {
    effect: 'deny',
    reason: message,
    rule: null,
    source: 'system',
    viaOverride: false,
  };
  try {
    await recordOrThrow(input, note, { about, target: null, decision, policy: policyHash(input, note) });
    return failure(id, code, message);
  } catch (error) {
    return failure(id, 'unavailable', error instanceof NotRecorded ? NOT_DONE : 'it could not be decided');
  }
}

/** The hash of the policy in force, for a refusal that no policy made. */
function policyHash(input: BrokerInput, { subject }: Note): string {
  try {
    return input.policies(subject.spoke).hash;
  } catch {
    return '';
  }
}

/** The code and text of an error of ours; of any other, only that it happened. */
export function readable(input: BrokerInput, note: Note, error: unknown): Refusal {
  if (error instanceof AxiumError) return { code: error.code, message: error.message };
  if (errno(error) !== '') return { code: 'unavailable', message: `the system refused it (${errno(error)})` };
  input.onDefect(error, note.request);
  return { code: 'internal', message: 'a defect of Axium; see its log' };
}

/** The answer to a request on the way of which something was thrown. */
export function failureOf(input: BrokerInput, note: Note, id: number, error: unknown): Failure {
  const { code, message } = readable(input, note, error);
  return failure(id, code, message);
}
