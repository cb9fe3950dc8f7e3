import type { Action } from './actions.ts';
import type { ShownRule } from './answer.ts';
import type { Effect } from './decision.ts';

/** A request that a candidate file would decide otherwise than it was decided. */
export interface ReplayDifference {
  readonly spoke: string;
  readonly action: Action;
  readonly resource: string | null;
  readonly target: string | null;
  readonly was: Effect;
  readonly now: Effect;
  /** Why the candidate decides so. */
  readonly reason: string;
  readonly rule: ShownRule | null;
  readonly count: number;
  /** ISO 8601, UTC. */
  readonly last: string;
}

/** What replaying the recorded requests against a candidate file found. */
export interface Replay {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly differences: readonly ReplayDifference[];
  /** Requests that were replayed, and that could not be: the spoke is gone, or the record does not tell enough. */
  readonly replayed: number;
  readonly skipped: number;
  /** When the log begins: ISO 8601, or null where it is empty. */
  readonly begins: string | null;
}

/** A right that nothing on record has used. */
export interface UnusedRight {
  readonly spoke: string;
  readonly rule: ShownRule;
  /** The line in which it is written, without blanks at its ends. */
  readonly line: string;
}

export interface Unused {
  readonly rights: readonly UnusedRight[];
  readonly begins: string | null;
}
