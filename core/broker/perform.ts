import type { Response } from '../../schemas/wire.ts';
import type { Reply } from '../portals/portal.ts';
import type { BrokerInput, Note } from './input.ts';
import { failureOf } from './record.ts';
import { success } from './success.ts';

/** Does what was allowed. Never throws nor rejects: what fails is answered. */
export function perform(
  input: BrokerInput,
  note: Note,
  id: number,
  act: () => Reply | Promise<Reply>,
): Response | Promise<Response> {
  const failed = (error: unknown) => failureOf(input, note, id, error);
  try {
    const reply = act();
    return reply instanceof Promise
      ? reply.then((later): Response => success(id, later), failed)
      : success(id, reply);
  } catch (error) {
    return failed(error);
  }
}
