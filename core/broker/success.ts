import type { Success } from '../../schemas/wire.ts';
import type { Reply } from '../portals/portal.ts';

/** The answer to a request that was done. What a portal replies has neither of these fields. */
export function success(id: number, reply: Reply): Success {
  // What is spread comes last: an object that grows behind it is one of V8's slow ones, to JSON as well.
  return { id, ok: true, ...reply };
}
