import type { PendingApproval } from '../../schemas/approvals.ts';
import type { Rule } from '../../schemas/decision.ts';
import { formatOrigin } from '../../schemas/decision.ts';
import { AxiumError } from '../errors.ts';
import type { Clock, Timer } from '../powers.ts';
import { AskBudget } from './ask-budget.ts';
import type { Content } from './content.ts';
import { grantPattern } from './grant-pattern.ts';
import { coversDestructive, type Lasting } from './lasting.ts';
import type { Asker } from './may-answer.ts';
import { MAX_SHOWN, showText, showWords } from './show-words.ts';

/** One request that cannot go on without a person. */
export interface Asking {
  readonly asker: Asker;
  readonly content: Content;
  readonly why: string;
  readonly rule: Rule | null;
  /** What a yes that lasts would cover; null where there is none. */
  readonly always: Lasting | null;
  /** The hash of the policy that asked. */
  readonly policy: string;
}

/** What became of it. With `command`, a person has put that in the place of what was asked. */
export type Answer =
  | { readonly yes: true; readonly rule: Rule; readonly command: readonly string[] | null }
  | { readonly yes: false; readonly reason: string };

export type ApprovalEvent =
  | 'approval_asked'
  | 'approval_refused'
  | 'approval_answered'
  | 'approval_rejected'
  | 'approval_modified'
  | 'approval_expired';

export type OnApprovalEvent = (
  event: ApprovalEvent,
  principal: string,
  detail: Readonly<Record<string, unknown>>,
) => void;

export interface PendingInput {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly randomHex: (bytes: number) => string;
  /** `strict`: a yes counts once only, and no question offers more. The policy of the host can turn it on and off. */
  readonly settings: () => { readonly expireMs: number; readonly strict: boolean };
  readonly onEvent: OnApprovalEvent;
  /** Called when the questions that wait have changed. */
  readonly onChange: (pending: readonly PendingApproval[]) => void;
}

/** A question that waits, with all requests that wait for its answer. */
export interface Pending {
  readonly id: string;
  readonly asking: Asking;
  readonly asked: number;
  readonly deadline: number;
  readonly timer: Timer;
  readonly waiting: ((answer: Answer) => void)[];
}

/** Questions of one principal that wait at once, of all, and requests that wait for the same answer. */
export const ASK_LIMITS = { ofOne: 8, ofAll: 64, waiting: 4, perMinute: 20 } as const;

/** The questions that wait, from being asked to being answered. Each ends: by an answer, by its time, or with the daemon. */
export class PendingQuestions {
  readonly #input: PendingInput;
  readonly #pending = new Map<string, Pending>();
  readonly #budget: AskBudget;
  #stopped = false;

  constructor(input: PendingInput) {
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

  /** The question, where it still waits: its timer may be late, and is not what makes it expire. Throws otherwise. */
  stillWaiting(id: string): Pending {
    const pending = this.#pending.get(id);
    if (pending && this.#input.clock.monotonic() < pending.deadline) return pending;
    this.expire(id, 'nobody answered in time');
    throw new AxiumError(
      'not_found',
      'no such question waits: it was answered, or has expired; see axium approvals',
    );
  }

  has(id: string): boolean {
    return this.#pending.has(id);
  }

  ofPrincipal(principal: string): readonly Pending[] {
    return [...this.#pending.values()].filter(({ asking }) => asking.content.principal === principal);
  }

  /** From here on nobody else can answer it, nor its time. */
  close(pending: Pending): Pending {
    this.#pending.delete(pending.id);
    pending.timer.cancel();
    this.#changed();
    return pending;
  }

  /** Ends it as a no that nobody said; of one that waits no more, nothing. */
  expire(id: string, why: string): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    const { asking, waiting } = this.close(pending);
    this.#input.onEvent('approval_expired', asking.content.principal, { id, why });
    for (const resolve of waiting) resolve({ yes: false, reason: why });
  }

  /** Everything that still waits is a no. */
  stop(): void {
    this.#stopped = true;
    for (const id of [...this.#pending.keys()]) this.expire(id, 'the daemon is ending');
  }

  #refusalOf(asking: Asking): string | null {
    const { content } = asking;
    if (this.#stopped) return 'the daemon is ending';
    if (content.shown.length > MAX_SHOWN) return tooLong().message;
    const same = this.#same(asking);
    if (same) return same.waiting.length >= ASK_LIMITS.waiting ? TOO_MANY : null;
    const ofOne = this.ofPrincipal(content.principal);
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
      timer: clock.after(expireMs, () => this.expire(id, 'nobody answered in time')),
      waiting: [],
    };
    this.#pending.set(id, pending);
    const { principal, action, shown, cwd } = asking.content;
    onEvent('approval_asked', principal, { id, action, what: shown, cwd, policy: asking.policy });
    return pending;
  }

  #shown({ id, asking, asked, deadline, waiting }: Pending): PendingApproval {
    const { clock, settings } = this.#input;
    const { content, why, rule } = asking;
    const always = settings().strict ? null : asking.always;
    const { principal, action, shown, cwd, target } = content;
    return {
      ...{ id, principal, action, what: shown, why },
      cwd: cwd === null ? null : showText(cwd),
      origin: rule && formatOrigin(rule.origin),
      waiting: waiting.length,
      asked: new Date(asked).toISOString(),
      expires: new Date(clock.now() + deadline - clock.monotonic()).toISOString(),
      grantPattern: target.kind === 'command' ? showText(grantPattern(target)) : null,
      alwaysPattern: always && `${showWords(always.words)} ...`,
      alwaysDestructive: always !== null && coversDestructive(always),
    };
  }

  #changed(): void {
    this.#input.onChange(this.list());
  }
}

const TOO_MANY = 'too many questions wait for a person already';

export function tooLong(): AxiumError {
  return new AxiumError(
    'too_large',
    `it is longer than the ${MAX_SHOWN} characters that a person can be shown`,
  );
}
