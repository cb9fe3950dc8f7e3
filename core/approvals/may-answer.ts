import type { Caller } from '../control/caller.ts';
import { type SessionKey, sessionOf } from '../control/sessions.ts';

/** Who wants something: a spoke, or a person in a session. */
export interface Asker {
  readonly principal: string;
  readonly session: SessionKey | null;
}

/**
 * Why somebody may not say yes, or null where they may. Pure. A spoke and what runs for it never may; a person may answer
 * what they asked themselves at the terminal at which they asked it, unless two persons are wanted.
 */
export function whyNotAnswer(
  caller: Caller,
  asker: Asker,
  { twoPerson }: { readonly twoPerson: boolean },
): string | null {
  const { identity, principal } = caller;
  if (identity === 'unknown')
    return 'the kernel does not say who answers; install koffi, by which the daemon asks it, and restart the daemon';
  if (!principal.startsWith('user:') || identity.process === null)
    return 'what runs for a spoke, or in a pid namespace of its own, answers nothing';
  if (principal !== asker.principal) return null;
  if (twoPerson) return 'it takes somebody else than who asked (approvals.two_person)';
  const own = sessionOf(caller);
  const same =
    own !== null &&
    asker.session !== null &&
    own.session.id === asker.session.session.id &&
    own.session.began === asker.session.session.began;
  return same && identity.process.terminal
    ? null
    : 'your own command is yours to confirm only at the terminal at which you gave it';
}
