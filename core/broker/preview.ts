import type { Subject } from '../../schemas/subject.ts';
import type { Request } from '../../schemas/wire.ts';
import type { Preview } from '../portals/can.ts';
import { decideNow } from './decide-now.ts';
import type { About, BrokerInput, Note } from './input.ts';
import { readable } from './record.ts';
import { denied } from './tell-denial.ts';

/**
 * Tells what would come of a request if it were made now, by the same steps up to the decision. It does nothing and asks
 * nobody, and the request in which it was asked is the one on record. Never rejects.
 */
export function createPreview(input: BrokerInput) {
  return async function preview(subject: Subject, request: Request): Promise<Preview> {
    const note: Note = { subject, request: 'preview', command: request.cmd, started: 0 };
    const portal = input.portals[request.cmd];
    const about: About = { action: portal.action, resource: portal.resource(request) };
    try {
      const prepared = await input.inTurn(subject.spoke, async () =>
        portal.prepare(request, subject, note.request),
      );
      try {
        const { decision } = await decideNow(input, note, about, prepared.target);
        if (decision.effect !== 'deny') return { effect: decision.effect };
        const { error, entry } = denied(request.id, about, prepared.target, decision);
        return { effect: 'deny', error, ...(entry === undefined ? {} : { entry }) };
      } finally {
        await prepared.release();
      }
    } catch (error) {
      return { effect: 'deny', error: readable(input, note, error).message };
    }
  };
}
