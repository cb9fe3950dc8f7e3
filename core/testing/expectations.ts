import { AssertionError } from 'node:assert';
import type { QueuedNotification } from '../../schemas/control-shown.ts';
import type { Decision, SpokeRun } from './spoke-run.ts';

/** What a notification is to have; what is not named may be anything. */
export type ExpectedNotice = { readonly [K in 'title' | 'body' | 'level']?: string | RegExp };

/** The verdict on one expectation: whether it holds, and what to say where the other was wanted. */
export interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Checks of what a spoke did, as a test framework with `expect.extend` takes them. */
export const matchers = {
  toBeReady(run: SpokeRun): Verdict {
    return {
      pass: run.ready,
      message: () => `expected ${run.name} ${run.ready ? 'not ' : ''}to be ready; ${run.failure ?? 'it is'}`,
    };
  },

  /** It has queued a notification like this one, or any. */
  toHaveNotified(run: SpokeRun, expected: ExpectedNotice = {}): Verdict {
    const queued = run.notifications;
    const found = queued.find((notice) => isLike(notice, expected));
    const wanted = Object.entries(expected).map(([key, value]) => `${key} ${show(value)}`);
    const there = queued.map(({ title, body }) => `'${title}'${body === '' ? '' : ` ('${body}')`}`);
    return {
      pass: found !== undefined,
      message: () =>
        `expected ${run.name} ${found ? 'not ' : ''}to have notified ${wanted.join(', ')}; it has queued ${there.join(', ') || 'nothing'}`,
    };
  },

  /** It has asked for this and was refused. `resource` is as the spoke asked for it. */
  toHaveBeenDenied(run: SpokeRun, action: string, resource?: string | RegExp): Verdict {
    const denied = run.decisions.filter((decision) => !decision.allowed);
    const found = denied.some(
      (decision) =>
        decision.action === action && (resource === undefined || matches(decision.resource ?? '', resource)),
    );
    return {
      pass: found,
      message: () =>
        `expected ${run.name} ${found ? 'not ' : ''}to have been denied ${action}${resource === undefined ? '' : ` ${show(resource)}`}; denied was ${list(denied)}`,
    };
  },

  /** Everything that it was allowed is among these actions. */
  toHaveUsedOnly(run: SpokeRun, ...actions: readonly string[]): Verdict {
    const used = run.decisions.filter(({ allowed }) => allowed);
    const others = used.filter(({ action }) => !actions.includes(action));
    return {
      pass: others.length === 0,
      message: () =>
        `expected ${run.name} ${others.length === 0 ? 'to have used something else than' : 'to have used only'} ${actions.join(', ')}; it used ${list(others.length === 0 ? used : others)}`,
    };
  },
} as const;

/** The same checks, each of which throws. `not` turns them round. */
export class Expectations {
  readonly #run: SpokeRun;
  readonly #negated: boolean;

  constructor(run: SpokeRun, negated = false) {
    this.#run = run;
    this.#negated = negated;
  }

  get not(): Expectations {
    return new Expectations(this.#run, !this.#negated);
  }

  toBeReady(): void {
    this.#judge(matchers.toBeReady(this.#run));
  }

  toHaveNotified(expected?: ExpectedNotice): void {
    this.#judge(matchers.toHaveNotified(this.#run, expected));
  }

  toHaveBeenDenied(action: string, resource?: string | RegExp): void {
    this.#judge(matchers.toHaveBeenDenied(this.#run, action, resource));
  }

  toHaveUsedOnly(...actions: readonly string[]): void {
    this.#judge(matchers.toHaveUsedOnly(this.#run, ...actions));
  }

  #judge({ pass, message }: Verdict): void {
    if (pass === this.#negated) throw new AssertionError({ message: message() });
  }
}

function isLike(notice: QueuedNotification, expected: ExpectedNotice): boolean {
  return (['title', 'body', 'level'] as const).every((key) => {
    const wanted = expected[key];
    return wanted === undefined || matches(notice[key], wanted);
  });
}

function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text === wanted : wanted.test(text);
}

function show(wanted: string | RegExp): string {
  return typeof wanted === 'string' ? `'${wanted}'` : String(wanted);
}

function list(decisions: readonly Decision[]): string {
  const texts = decisions.map(({ action, resource }) =>
    resource === null ? action : `${action} ${resource}`,
  );
  return [...new Set(texts)].join(', ') || 'nothing';
}
