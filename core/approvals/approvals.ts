import type { GrantStatus, PendingApproval, Yes } from '../../schemas/approvals.ts';
import type { Caller } from '../control/caller.ts';
import { AxiumError } from '../errors.ts';
import type { Content } from './content.ts';
import type { Coverage, Grants } from './grants.ts';
import { whyNotAnswer } from './may-answer.ts';
import {
  type Answer,
  type Asking,
  type Pending,
  type PendingInput,
  PendingQuestions,
  tooLong,
} from './pending.ts';
import { MAX_SHOWN, showText } from './show-words.ts';

export interface ApprovalsInput extends PendingInput {
  readonly grants: Grants;
  readonly settings: () => ReturnType<PendingInput['settings']> & {
    readonly twoPerson: boolean;
    readonly limitMs: number;
  };
  /** The hash of the policy that counts for a principal now. */
  readonly policyOf: (principal: string) => string;
  /** Looks up what a person wrote in the place of a command, and says what would be shown and granted of it. */
  readonly lookUp: (argv: readonly string[], of: Content) => Promise<Content>;
}

/** How long a yes to a question is good for where nothing has used it: the request that asked is just about to. */
const UNUSED_MS = 60_000;

/** What persons answer to the questions that wait: who may, what a yes covers, and what becomes of those who wait for it. */
export class Approvals {
  readonly #input: ApprovalsInput;
  readonly #pending: PendingQuestions;

  constructor(input: ApprovalsInput) {
    this.#input = input;
    this.#pending = new PendingQuestions(input);
  }

  /** Asks. Settles with the answer and never rejects. `onAsked` is called with the id before anybody can answer. */
  ask(asking: Asking, onAsked?: (id: string) => void): Promise<Answer> {
    return this.#pending.ask(asking, onAsked);
  }

  list(): readonly PendingApproval[] {
    return this.#pending.list();
  }

  /**
   * Says yes, and returns the grant that this is. Throws where there is no such question, or not this one's to answer, or
   * where what it was about has changed. Where only this kind of yes cannot be, the question still waits.
   */
  async approve(id: string, yes: Yes, by: Caller): Promise<GrantStatus> {
    const { asking } = this.#find(id, by);
    // First: it is strict mode that refuses then, whatever the question could cover for good.
    this.#input.grants.checkKind(kindOf(yes));
    const coverage = this.#coverageOf(asking, yes);
    this.#input.grants.check(kindOf(yes), coverage);
    const pending = this.#take(id);
    return this.#sayYes(pending, yes, coverage, by, null);
  }

  /** A yes to other words than were asked, which are looked up and shown in the record beside the first ones. */
  async modify(id: string, argv: readonly string[], by: Caller): Promise<string> {
    const { asking } = this.#find(id, by);
    if (asking.content.target.kind !== 'command')
      throw new AxiumError('invalid', 'only a command can be modified; reject it instead');
    const content = await this.#input.lookUp(argv, asking.content);
    if (content.shown.length > MAX_SHOWN) throw tooLong();
    // Looked at again: somebody else can have answered meanwhile, and the policy can be another.
    this.#find(id, by);
    const coverage = { exactly: content, policy: asking.policy };
    this.#input.grants.check('once', coverage);
    const pending = this.#take(id);
    this.#input.onEvent('approval_modified', content.principal, {
      ...{ id, by: by.principal, before: asking.content.shown, after: content.shown },
    });
    const words = content.target.kind === 'command' ? content.target.argv : argv;
    await this.#sayYes(pending, { once: true }, coverage, by, words);
    return content.shown;
  }

  /** Says no. Whoever asked may take their own question back. */
  reject(id: string, reason: string, by: Caller): void {
    this.#requirePerson(by);
    const why = `rejected by ${by.principal}${reason === '' ? '' : `: ${showText(reason)}`}`;
    this.#sayNo(this.#take(id), why, by.principal);
  }

  /** A no of whoever sits at the desktop; of a question that waits no more, nothing. */
  rejectOnDesktop(id: string): void {
    if (this.#pending.has(id)) this.#sayNo(this.#take(id), 'rejected on the desktop', 'the desktop');
  }

  /** Says no to everything that a principal has asked. How many questions that were. */
  veto(principal: string, by: Caller): number {
    this.#requirePerson(by);
    const all = this.#pending.ofPrincipal(principal);
    for (const pending of all)
      this.#sayNo(this.#pending.close(pending), `vetoed by ${by.principal}`, by.principal);
    this.#input.grants.forgetOnce(principal);
    return all.length;
  }

  /** Everything that still waits is a no. */
  stop(): void {
    this.#pending.stop();
  }

  async #sayYes(
    pending: Pending,
    yes: Yes,
    coverage: Coverage,
    by: Caller,
    command: readonly string[] | null,
  ): Promise<GrantStatus> {
    const { id, asking } = pending;
    const kind = kindOf(yes);
    const forMs = 'always' in yes ? null : 'forMs' in yes ? yes.forMs : UNUSED_MS;
    const origin = `approval ${id} by ${by.principal} at ${new Date(this.#input.clock.now()).toISOString()}`;
    try {
      const { rule, status } = await this.#input.grants.add(kind, coverage, forMs, origin);
      this.#input.onEvent('approval_answered', asking.content.principal, { id, by: by.principal, kind });
      for (const resolve of pending.waiting) resolve({ yes: true, rule, command });
      return status;
    } catch (error) {
      this.#sayNo(pending, 'the yes could not be kept', by.principal);
      throw error;
    }
  }

  #sayNo(pending: Pending, reason: string, by: string): void {
    const { id, asking, waiting } = pending;
    this.#input.onEvent('approval_rejected', asking.content.principal, { id, by, reason });
    for (const resolve of waiting) resolve({ yes: false, reason });
  }

  /** What a yes would cover: never more than was shown. Throws where it can be no such yes. */
  #coverageOf({ content, always, policy }: Asking, yes: Yes): Coverage {
    const { limitMs } = this.#input.settings();
    if ('once' in yes) return { exactly: content, policy };
    if ('forMs' in yes && yes.forMs > limitMs)
      throw new AxiumError('too_large', `for: expected at most ${limitMs / 1000} seconds (grants.limit)`);
    if ('forMs' in yes) return always && !always.destructive ? always : { exactly: content, policy: null };
    if (always) return always;
    throw new AxiumError(
      'denied',
      'there is no pattern that could be allowed for good here; say yes once, or for a time',
    );
  }

  #find(id: string, by: Caller): Pending {
    const pending = this.#pending.stillWaiting(id);
    const problem = whyNotAnswer(by, pending.asking.asker, this.#input.settings());
    if (problem !== null) throw new AxiumError('denied', problem);
    const { content, policy } = pending.asking;
    if (this.#input.policyOf(content.principal) !== policy) {
      this.#pending.expire(id, 'the rules have changed since it was asked');
      throw new AxiumError('denied', 'the rules have changed since it was asked; it has to be asked again');
    }
    return pending;
  }

  #requirePerson({ identity, principal }: Caller): void {
    if (!principal.startsWith('user:') || (identity !== 'unknown' && identity.process === null))
      throw new AxiumError('denied', 'what runs for a spoke answers nothing');
  }

  /** From here on nobody else can answer it. */
  #take(id: string): Pending {
    return this.#pending.close(this.#pending.stillWaiting(id));
  }
}

function kindOf(yes: Yes): GrantStatus['kind'] {
  return 'always' in yes ? 'persistent' : 'forMs' in yes ? 'timed' : 'once';
}
