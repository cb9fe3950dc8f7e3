import type { PendingApproval, Yes } from '../../schemas/approvals.ts';
import type { Rule } from '../../schemas/decision.ts';
import { formatOrigin } from '../../schemas/decision.ts';
import type { Caller } from '../control/caller.ts';
import { AxiumError } from '../errors.ts';
import type { Clock, Timer } from '../powers.ts';
import { AskBudget } from './ask-budget.ts';
import type { Content } from './content.ts';
import { alwaysWords, grantPattern } from './grant-pattern.ts';
import type { Coverage, Grants } from './grants.ts';
import { type Asker, whyNotAnswer } from './may-answer.ts';
import { MAX_SHOWN, showText, showWords } from './show-words.ts';

/** One request that cannot go on without a person. */
export interface Asking {
  readonly asker: Asker;
  readonly content: Content;
  readonly why: string;
  readonly rule: Rule | null;
  readonly destructive: boolean;
  /** The hash of the policy that asked. */
  readonly policy: string;
}

/** What became of it. With `command`, a person has put that in the place of what was asked. */
export type Answer =
  | { readonly yes: true; readonly rule: Rule; readonly command: readonly string[] | null }
  | { readonly yes: false; readonly reason: string };

export interface ApprovalsInput {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly randomHex: (bytes: number) => string;
  readonly grants: Grants;
  readonly settings: () => {
    readonly expireMs: number;
    readonly twoPerson: boolean;
    readonly limitMs: number;
  };
  /** The hash of the policy that counts for a principal now. */
  readonly policyOf: (principal: string) => string;
  /** Looks up what a person wrote in the place of a command, and says what would be shown and granted of it. */
  readonly lookUp: (argv: readonly string[], of: Content) => Promise<Content>;
  readonly onEvent: (
    event: ApprovalEvent,
    principal: string,
    detail: Readonly<Record<string, unknown>>,
  ) => void;
  /** Called when the questions that wait have changed. */
  readonly onChange: (pending: readonly PendingApproval[]) => void;
}

export type ApprovalEvent =
  | 'approval_asked'
  | 'approval_refused'
  | 'approval_answered'
  | 'approval_rejected'
  | 'approval_modified'
  | 'approval_expired';

interface Pending {
  readonly id: string;
  readonly asking: Asking;
  readonly asked: number;
  readonly deadline: number;
  readonly timer: Timer;
  readonly waiting: ((answer: Answer) => void)[];
}

/** Questions of one principal that wait at once, of all, and requests that wait for the same answer. */
export const ASK_LIMITS = { ofOne: 8, ofAll: 64, waiting: 4, perMinute: 20 } as const;

/** How long a yes to a question is good for where nothing has used it: the request that asked is just about to. */
const UNUSED_MS = 60_000;

/** The questions that wait for a person. Every one ends: by an answer, by its time, or with the daemon, and then as a no. */
export class Approvals {
  readonly #input: ApprovalsInput;
  readonly #pending = new Map<string, Pending>();
  readonly #budget: AskBudget;
  #stopped = false;

  constructor(input: ApprovalsInput) {
    this.#input = input;
    this.#budget = new AskBudget(input.clock, ASK_LIMITS.perMinute);
  }

  /**
   * Asks. Settles with the answer and never rejects. What is asked for already, in every word and under the same policy, waits
   * for that answer. `onAsked` is called with the id before anybody can answer.
   */
  ask(asking: Asking, onAsked?: (id: string) => void): Promise<Answer> {
    const refusal = this.#refusalOf(asking);
    if (refusal !== null) {
      const { principal, shown } = asking.content;
      this.#input.onEvent('approval_refused', principal, { what: shown.slice(0, MAX_SHOWN), why: refusal });
      return Promise.resolve({ yes: false, reason: refusal });
    }
    const pending = this.#same(asking) ?? this.#open(asking);
    const answer = new Promise<Answer>((resolve) => pending.waiting.push(resolve));
    this.#changed();
    onAsked?.(pending.id);
    return answer;
  }

  list(): readonly PendingApproval[] {
    return [...this.#pending.values()].map((pending) => this.#shown(pending));
  }

  /** Throws where there is no such question, or not this one's to answer, or where what it was about has changed. */
  async approve(id: string, yes: Yes, by: Caller): Promise<void> {
    const { asking } = this.#find(id, by);
    const coverage = this.#coverageOf(asking, yes);
    const pending = this.#take(id);
    await this.#sayYes(pending, yes, coverage, by, null);
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
    const pending = this.#take(id);
    this.#input.onEvent('approval_modified', content.principal, {
      ...{ id, by: by.principal, before: asking.content.shown, after: content.shown },
    });
    const coverage = { exactly: content, policy: asking.policy };
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
    const all = [...this.#pending.values()].filter(({ asking }) => asking.content.principal === principal);
    for (const pending of all) this.#sayNo(this.#close(pending), `vetoed by ${by.principal}`, by.principal);
    this.#input.grants.forgetOnce(principal);
    return all.length;
  }

  /** Everything that still waits is a no. */
  stop(): void {
    this.#stopped = true;
    for (const id of [...this.#pending.keys()]) this.#expire(id, 'the daemon is ending');
  }

  async #sayYes(
    pending: Pending,
    yes: Yes,
    coverage: Coverage,
    by: Caller,
    command: readonly string[] | null,
  ): Promise<void> {
    const { id, asking } = pending;
    const kind = 'always' in yes ? 'persistent' : 'forMs' in yes ? 'timed' : 'once';
    const forMs = 'always' in yes ? null : 'forMs' in yes ? yes.forMs : UNUSED_MS;
    const origin = `approval ${id} by ${by.principal} at ${new Date(this.#input.clock.now()).toISOString()}`;
    try {
      const rule = await this.#input.grants.add(kind, coverage, forMs, origin);
      this.#input.onEvent('approval_answered', asking.content.principal, { id, by: by.principal, kind });
      for (const resolve of pending.waiting) resolve({ yes: true, rule, command });
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

  #expire(id: string, why: string): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    const { asking, waiting } = this.#close(pending);
    this.#input.onEvent('approval_expired', asking.content.principal, { id, why });
    for (const resolve of waiting) resolve({ yes: false, reason: why });
  }

  /** What a yes would cover. Throws where it can be no such yes. */
  #coverageOf({ content, destructive, policy }: Asking, yes: Yes): Coverage {
    const { limitMs } = this.#input.settings();
    if ('once' in yes) return { exactly: content, policy };
    if ('forMs' in yes && yes.forMs > limitMs)
      throw new AxiumError('too_large', `for: expected at most ${limitMs / 1000} seconds (grants.limit)`);
    const words = content.target.kind === 'command' ? alwaysWords(content.target, destructive) : null;
    if (words !== null) return { principal: content.principal, words };
    if ('forMs' in yes) return { exactly: content, policy: null };
    throw new AxiumError(
      'denied',
      'there is no pattern that could be allowed for good here; say yes once, or for a time',
    );
  }

  #find(id: string, by: Caller): Pending {
    const pending = this.#requirePending(id);
    const problem = whyNotAnswer(by, pending.asking.asker, this.#input.settings());
    if (problem !== null) throw new AxiumError('denied', problem);
    const { content, policy } = pending.asking;
    if (this.#input.policyOf(content.principal) !== policy) {
      this.#expire(id, 'the rules have changed since it was asked');
      throw new AxiumError('denied', 'the rules have changed since it was asked; it has to be asked again');
    }
    return pending;
  }

  /** The question, where it still waits: its timer may be late, and is not what makes it expire. */
  #requirePending(id: string): Pending {
    const pending = this.#pending.get(id);
    if (pending && this.#input.clock.monotonic() < pending.deadline) return pending;
    this.#expire(id, 'nobody answered in time');
    throw new AxiumError(
      'not_found',
      'no such question waits: it was answered, or has expired; see axium approvals',
    );
  }

  #requirePerson({ identity, principal }: Caller): void {
    if (!principal.startsWith('user:') || (identity !== 'unknown' && identity.process === null))
      throw new AxiumError('denied', 'what runs for a spoke answers nothing');
  }

  /** From here on nobody else can answer it, nor its time. */
  #take(id: string): Pending {
    return this.#close(this.#requirePending(id));
  }

  #close(pending: Pending): Pending {
    this.#pending.delete(pending.id);
    pending.timer.cancel();
    this.#changed();
    return pending;
  }

  #refusalOf(asking: Asking): string | null {
    const { content } = asking;
    if (this.#stopped) return 'the daemon is ending';
    if (content.shown.length > MAX_SHOWN) return tooLong().message;
    const same = this.#same(asking);
    if (same) return same.waiting.length >= ASK_LIMITS.waiting ? TOO_MANY : null;
    const ofOne = [...this.#pending.values()].filter(
      (pending) => pending.asking.content.principal === content.principal,
    );
    if (ofOne.length >= ASK_LIMITS.ofOne || this.#pending.size >= ASK_LIMITS.ofAll) return TOO_MANY;
    return this.#budget.take(content.principal) ? null : 'it has asked too often in the last minute';
  }

  #same({ content, policy, asker }: Asking): Pending | undefined {
    return [...this.#pending.values()].find(
      ({ asking }) =>
        asking.content.key === content.key &&
        asking.policy === policy &&
        asking.asker.session?.session.began === asker.session?.session.began &&
        asking.asker.session?.session.id === asker.session?.session.id,
    );
  }

  #open(asking: Asking): Pending {
    const { clock, randomHex, settings, onEvent } = this.#input;
    const { expireMs } = settings();
    const id = randomHex(16);
    const pending: Pending = {
      id,
      asking,
      asked: clock.now(),
      deadline: clock.monotonic() + expireMs,
      timer: clock.after(expireMs, () => this.#expire(id, 'nobody answered in time')),
      waiting: [],
    };
    this.#pending.set(id, pending);
    const { principal, action, shown, cwd } = asking.content;
    onEvent('approval_asked', principal, { id, action, what: shown, cwd, policy: asking.policy });
    return pending;
  }

  #shown({ id, asking, asked, deadline, waiting }: Pending): PendingApproval {
    const { clock } = this.#input;
    const { content, why, rule, destructive } = asking;
    const { principal, action, shown, cwd, target } = content;
    const always = target.kind === 'command' ? alwaysWords(target, destructive) : null;
    return {
      ...{ id, principal, action, what: shown, why },
      cwd: cwd === null ? null : showText(cwd),
      origin: rule && formatOrigin(rule.origin),
      waiting: waiting.length,
      asked: new Date(asked).toISOString(),
      expires: new Date(clock.now() + deadline - clock.monotonic()).toISOString(),
      grantPattern: target.kind === 'command' ? showText(grantPattern(target)) : null,
      alwaysPattern: always && `${showWords(always)} ...`,
    };
  }

  #changed(): void {
    this.#input.onChange(this.list());
  }
}

const TOO_MANY = 'too many questions wait for a person already';

function tooLong(): AxiumError {
  return new AxiumError(
    'too_large',
    `it is longer than the ${MAX_SHOWN} characters that a person can be shown`,
  );
}
