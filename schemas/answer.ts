import type { Action } from './actions.ts';
import type { Effect, RuleSource } from './decision.ts';

/** A rule as data that can be sent and printed. */
export interface ShownRule {
  readonly action: Action;
  readonly pattern: string;
  readonly effect: Effect;
  readonly source: RuleSource;
  /** file:line:column, or `built in`. */
  readonly origin: string;
  /** ISO 8601, or null for a rule that stays. */
  readonly expires: string | null;
  /** Why it is there, in the words of who wrote it. */
  readonly why: string | null;
}

/** What would be decided if a spoke asked for something now. */
export interface Answer {
  readonly spoke: string;
  readonly action: Action;
  /** As it was asked. */
  readonly resource: string | null;
  /** What it really is: a real path, or the words of a command as JSON. */
  readonly target: string | null;
  readonly effect: Effect;
  readonly reason: string;
  /** The rule that decides; null where none matches, which denies. */
  readonly rule: ShownRule | null;
  /** Every other rule that matches. */
  readonly others: readonly ShownRule[];
  /** The hash of the rights by which it was decided. */
  readonly policy: string;
}
