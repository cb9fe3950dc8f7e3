import type { Outcome } from '../../schemas/audit.ts';
import type { BrokerInput, Note } from './input.ts';
import type { Verdict } from './record.ts';

interface PlainVerdict extends Omit<Verdict, 'target'> {
  readonly outcome: Outcome | null;
}

/**
 * Records the decision on an action without an object of its own, with what comes of it where that is known, and without a
 * promise: `then` is called once, with whether it is on record. Never throws.
 */
export function recordPlain(
  input: BrokerInput,
  note: Note,
  { about, decision, policy, outcome }: PlainVerdict,
  then: (isRecorded: boolean) => void,
): void {
  let isTold = false;
  const told = (error: unknown) => {
    if (isTold) return;
    isTold = true;
    try {
      then(error === null);
    } catch (defect) {
      input.onDefect(defect, note.request);
    }
    if (error !== null) input.onDefect(error, note.request);
  };
  const { subject, request, command } = note;
  const { action, resource } = about;
  try {
    const decided = { subject, request, command, action, resource, target: null, decision, policy };
    input.audit.plainDecision(decided, outcome, told);
  } catch (error) {
    told(error);
  }
}
