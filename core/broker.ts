import type { Decision, Rule, Target } from '../schemas/decision.ts';
import type { Message } from '../schemas/message.ts';
import type { Subject } from '../schemas/subject.ts';
import type { Response } from '../schemas/wire.ts';
import { decideNow } from './broker/decide-now.ts';
import type { About, BrokerInput, Grant, Note, SpokeQuestion } from './broker/input.ts';
import { NotRecorded, readable, recordOrThrow, recordOutcome, refuse } from './broker/record.ts';
import { denied, failure } from './broker/tell-denial.ts';
import type { Prepared } from './portals/portal.ts';
import { readRequest } from './read-request.ts';

export type { BrokerInput, Grant, SpokeQuestion };

/**
 * Takes one untrusted message to exactly one response, by the steps resolve, decide, record, perform, record, reply. The
 * only place where these meet. Never rejects; whatever throws on the way to a decision is a denial.
 *
 * Only what really has to wait is waited for: an action without an object of its own is decided at once, so that all of
 * them that came in one turn are recorded with one write, and the promises of steps that wait for nothing cost more than
 * those steps.
 */
export function createBroker(input: BrokerInput) {
  return async function mediate(subject: Subject, message: Message): Promise<Response> {
    const { id, cmd } = message;
    const note: Note = {
      subject,
      request: input.nextRequestId(),
      command: cmd,
      started: input.clock.monotonic(),
    };
    const read = readRequest(subject.spoke, message);
    if ('refusal' in read)
      return refuse(input, note, { action: read.action, resource: null }, id, read.refusal);
    let { request } = read;
    const portal = input.portals[request.cmd];
    let about: About = { action: portal.action, resource: portal.resource(request) };
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
          await recordOrThrow(input, note, about, target, decision, policy);
          // Nothing is held while a person thinks; what they said yes to is looked at anew.
          await release(input, note, prepared);
          prepared = null;
          message.place?.leave();
          const grant = await input.askPerson(question).finally(() => message.place?.takeAgain());
          if (grant?.command && request.cmd === 'daemon_exec') {
            request = { ...request, command: [...grant.command] };
            about = { ...about, resource: portal.resource(request) };
          }
          prepared = await prepare();
          ({ decision, policy } = await decideNow(input, note, about, prepared.target));
          decision = withAnswer(decision, grant, prepared.target, policy);
        }
      }
      await recordOrThrow(input, note, about, prepared.target, decision, policy);
      if (decision.effect !== 'allow') return denied(id, about, prepared.target, decision);
      const performing = perform(input, note, prepared, id);
      const response = performing instanceof Promise ? await performing : performing;
      recordOutcome(input, note, response);
      return response;
    } catch (error) {
      if (error instanceof NotRecorded) return failure(id, 'unavailable', error.message);
      return refuse(input, note, about, id, readable(input, note, error));
    } finally {
      const releasing = prepared && release(input, note, prepared);
      if (releasing) await releasing;
    }
  };
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

/** Never throws nor rejects: what fails is answered. */
function perform(
  input: BrokerInput,
  note: Note,
  prepared: Prepared,
  id: number,
): Response | Promise<Response> {
  const failed = (error: unknown) => {
    const { code, message } = readable(input, note, error);
    return failure(id, code, message);
  };
  try {
    const reply = prepared.perform();
    return reply instanceof Promise
      ? reply.then((later): Response => ({ ...later, id, ok: true }), failed)
      : { ...reply, id, ok: true };
  } catch (error) {
    return failed(error);
  }
}

function release(input: BrokerInput, note: Note, opened: Prepared): Promise<void> | null {
  return opened.release()?.catch((error: unknown) => input.onDefect(error, note.request)) ?? null;
}
