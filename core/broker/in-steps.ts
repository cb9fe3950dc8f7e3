import type { Decision, Rule, Target } from '../../schemas/decision.ts';
import type { Response } from '../../schemas/wire.ts';
import type { Prepared } from '../portals/portal.ts';
import { decideNow } from './decide-now.ts';
import type { Asked, BrokerInput, Grant, Note, SpokeQuestion } from './input.ts';
import { perform } from './perform.ts';
import { NOT_DONE, NotRecorded, readable, recordOrThrow, recordOutcome, refuse } from './record.ts';
import { denied, failure } from './tell-denial.ts';

/**
 * Mediates all that mediateAtOnce does not: what looks at something, waits for something, or asks a person. Never rejects;
 * whatever throws on the way to a decision is a denial. A step is waited for where it has a promise, and only there: the
 * promises of steps that wait for nothing cost more than those steps.
 */
export async function mediateInSteps(input: BrokerInput, asked: Asked): Promise<Response> {
  const { note, id, portal, place } = asked;
  const { subject } = note;
  let { request, about } = asked;
  const prepare = () =>
    portal.looks
      ? input.inTurn(subject.spoke, async () => portal.prepare(request, subject, note.request))
      : portal.prepare(request, subject, note.request);
  let prepared: Prepared | null = null;
  try {
    const preparing = prepare();
    prepared = preparing instanceof Promise ? await preparing : preparing;
    const deciding = decideNow(input, note, about, prepared.target);
    let { decision, policy } = deciding instanceof Promise ? await deciding : deciding;
    if (decision.effect === 'ask') {
      const { target } = prepared;
      const action = portal.action;
      const question: SpokeQuestion = { subject, request: note.request, action, decision, target, policy };
      const granted = input.grantFor(question);
      if (granted) decision = allowedBy(granted);
      else {
        await recordOrThrow(input, note, { about, target, decision, policy });
        // Nothing is held while a person thinks; what they said yes to is looked at anew.
        await release(input, note, prepared);
        prepared = null;
        place?.leave();
        const grant = await input.askPerson(question).finally(() => place?.takeAgain());
        if (grant?.command && request.cmd === 'daemon_exec') {
          request = { ...request, command: [...grant.command] };
          about = { ...about, resource: portal.resource(request) };
        }
        prepared = await prepare();
        ({ decision, policy } = await decideNow(input, note, about, prepared.target));
        decision = withAnswer(decision, grant, prepared.target, policy);
      }
    }
    const { target } = prepared;
    await recordOrThrow(input, note, { about, target, decision, policy });
    if (decision.effect !== 'allow') return denied(id, about, target, decision);
    const performing = perform(input, note, id, prepared.perform);
    const response = performing instanceof Promise ? await performing : performing;
    recordOutcome(input, note, response);
    return response;
  } catch (error) {
    if (error instanceof NotRecorded) return failure(id, 'unavailable', NOT_DONE);
    return refuse(input, note, about, id, readable(input, note, error));
  } finally {
    const releasing = prepared && release(input, note, prepared);
    if (releasing) await releasing;
  }
}

/** A yes turns an ask into an allow, and nothing else into anything: a rule that denies by now still denies. */
function withAnswer(decision: Decision, grant: Grant | null, target: Target, policy: string): Decision {
  if (decision.effect !== 'ask') return decision;
  if (grant?.covers(target, policy)) return allowedBy(grant.rule);
  return { ...decision, effect: 'deny', reason: 'a person would have to say yes, and nobody did' };
}

function allowedBy(rule: Rule): Decision {
  return { effect: 'allow', reason: 'a person said yes', rule, source: 'grant', viaOverride: false };
}

function release(input: BrokerInput, note: Note, opened: Prepared): Promise<void> | null {
  return opened.release()?.catch((error: unknown) => input.onDefect(error, note.request)) ?? null;
}
