import type { Answer, Message } from '../schemas/message.ts';
import type { Subject } from '../schemas/subject.ts';
import type { Response } from '../schemas/wire.ts';
import { mediateAtOnce } from './broker/at-once.ts';
import { mediateInSteps } from './broker/in-steps.ts';
import type { About, Asked, BrokerInput, Grant, Note, SpokeQuestion } from './broker/input.ts';
import { readable, refuse } from './broker/record.ts';
import { readRequest } from './read-request.ts';

export type { BrokerInput, Grant, SpokeQuestion };

/** Takes one untrusted message to exactly one response. Never throws. */
export type Mediate = (subject: Subject, message: Message, answer: Answer) => void;

/** The response to one message, for who would rather wait for it. Never rejects. */
export function responseOf(mediate: Mediate, subject: Subject, message: Message): Promise<Response> {
  return new Promise((answer) => mediate(subject, message, answer));
}

/**
 * Mediates by the steps resolve, decide, record, perform, record, reply: the only place where these meet. Whatever throws
 * on the way to a decision is a denial.
 *
 * Only what really has to wait is waited for. What has no object of its own is decided at once, so that all of that which
 * came in one turn is recorded with one write.
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
