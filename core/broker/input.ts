import type { RecordedAction } from '../../schemas/actions.ts';
import type { Decision, Rule, Target } from '../../schemas/decision.ts';
import type { WorkPlace } from '../../schemas/message.ts';
import type { Subject } from '../../schemas/subject.ts';
import type { Request } from '../../schemas/wire.ts';
import type { Audit } from '../audit/audit.ts';
import type { Query } from '../policy/decide.ts';
import type { Anchors } from '../policy/match-path.ts';
import type { Policy } from '../policy/policy.ts';
import type { PortalEntry } from '../portals/portal.ts';

/** What a person is asked about a request of a spoke. */
export interface SpokeQuestion {
  readonly subject: Subject;
  readonly request: string;
  readonly action: Query['action'];
  readonly decision: Decision;
  readonly target: Target;
  /** The hash of the policy that asks. */
  readonly policy: string;
}

/** A person's yes, as the rule that it is and the targets that it covers. */
export interface Grant {
  readonly rule: Rule;
  /** Asked once, when nothing but the yes is missing: what was said for one time is used up by it. */
  readonly covers: (target: Target, policy: string) => boolean;
  /** The words of another command that the person put in the place of the one that was asked for. */
  readonly command?: readonly string[];
}

export interface BrokerInput {
  readonly portals: Readonly<Record<Request['cmd'], PortalEntry>>;
  /** The policies that count for a spoke now, and the hash that names them. */
  readonly policies: (spoke: string) => { readonly policies: readonly Policy[]; readonly hash: string };
  readonly anchors: (policies: readonly Policy[]) => Promise<Anchors>;
  readonly audit: Pick<Audit, 'decision' | 'plainDecision' | 'outcome'>;
  /** Asks a person. `null` is a no, and so is the absence of anybody to ask. */
  readonly askPerson: (question: SpokeQuestion) => Promise<Grant | null>;
  /** The rule of a yes that was said before and covers this, or null. One for one time is used up by this. */
  readonly grantFor: (question: SpokeQuestion) => Rule | null;
  /** May this happen? One that throws denies. */
  readonly decide: (policies: readonly Policy[], query: Query) => Decision;
  /** Lets a spoke look up only so much at once, since a mount that hangs holds a thread for each. */
  readonly inTurn: <T>(spoke: string, look: () => Promise<T>) => Promise<T>;
  readonly clock: { readonly now: () => number; readonly monotonic: () => number };
  readonly nextRequestId: () => string;
  /** Defects of ours, for the daemon log. */
  readonly onDefect: (error: unknown, request: string) => void;
}

/** What the records of one request share. */
export interface Note {
  readonly subject: Subject;
  readonly request: string;
  readonly command: string;
  readonly started: number;
}

/** What a request is about, as its records name it. */
export interface About {
  readonly action: RecordedAction;
  /** As it was asked for: untrusted text. */
  readonly resource: string | null;
}

/** A request whose shape was checked, on its way. */
export interface Asked {
  readonly note: Note;
  /** By which the spoke knows the answer. */
  readonly id: number;
  readonly place: WorkPlace | undefined;
  readonly request: Request;
  readonly portal: PortalEntry;
  readonly about: About;
}
