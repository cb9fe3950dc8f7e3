import type { Mediate, Message } from '../schemas/message.ts';
import type { Subject } from '../schemas/subject.ts';
import type { Response } from '../schemas/wire.ts';
import { mediateAtOnce } from './broker/at-once.ts';
import { mediateInSteps } from './broker/in-steps.ts';
import type { About, Asked, BrokerInput, Grant, Note, SpokeQuestion } from './broker/input.ts';
import { readable, refuse } from './broker/record.ts';
import { readRequest } from './read-request.ts';

export type { BrokerInput, Grant, SpokeQuestion };

/** The response to one message, for who would rather wait for it. Never rejects. */
export function responseOf(mediate: Mediate, subject: Subject, message: Message): Promise<Response> {
  return new Promise((answer) => mediate(subject, message, answer));
}

/**
 * Hands each request to one of the two ways to mediate. At once: decide, stage, record, commit, reply. In steps: resolve,
 * decide, record, perform, record, reply. Nothing else joins these. Whatever throws on the way to a decision is a denial.
 */
export function createBroker(input: BrokerInput): Mediate {
  return (subject, message, answer) => {
    const { id, cmd, place } = message;
    const note: Note = {
      subject,
      request: input.nextRequestId(),
      command: cmd,
      started: input.clock.monotonic(),
    };
    let about: About = { action: 'unknown', resource: null };
    try {
      const read = readRequest(subject.spoke, message);
      if ('refusal' in read) {
        about = { action: read.action, resource: null };
        void refuse(input, note, about, id, read.refusal).then(answer);
        return;
      }
      const { request } = read;
      const portal = input.portals[request.cmd];
      about = { action: portal.action, resource: portal.resource(request) };
      const asked: Asked = { note, id, place, request, portal, about };
      const isAnswered = !portal.looks && mediateAtOnce(input, asked, answer);
      if (!isAnswered) void mediateInSteps(input, asked).then(answer);
    } catch (error) {
      void refuse(input, note, about, id, readable(input, note, error)).then(answer);
    }
  };
}
