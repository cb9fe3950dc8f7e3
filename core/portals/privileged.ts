import type { PrivilegedTarget } from '../../schemas/decision.ts';
import { type Portal, type Reply, resolved, type Subject } from './portal.ts';

export interface PrivilegedPowers {
  /** What an action would run as root. Throws for what no table offers. */
  readonly look: (action: string, params: PrivilegedTarget['params']) => PrivilegedTarget;
  /** Has just that done, in whatever way this host has. */
  readonly perform: (subject: Subject, target: PrivilegedTarget, request: string) => Promise<Reply>;
}

/** Has an action of a fixed table done as root, by somebody else than the daemon. */
export function privilegedPortal(powers: PrivilegedPowers): Portal<'privileged', PrivilegedTarget> {
  return {
    action: 'privileged',
    resource: ({ action, params }) => `${action} ${JSON.stringify(params)}`,
    async resolve({ action, params }) {
      const target = powers.look(action, params);
      return resolved(target, target);
    },
    perform: ({ handle }, _request, subject, id) => powers.perform(subject, handle, id),
  };
}
