import type { Action } from './actions.ts';

/** A question that waits for a person. All text is made safe to print. */
export interface PendingApproval {
  /** Names the question, and is what an answer needs: 128 random bits in hex. */
  readonly id: string;
  /** Who wants it: `spoke:creds`, `user:1000`. */
  readonly principal: string;
  readonly action: Action;
  /** Exactly what will happen: the command as it will run, or the real path. */
  readonly what: string;
  readonly cwd: string | null;
  /** Why a person is asked, and where that is written. */
  readonly why: string;
  readonly origin: string | null;
  /** How many requests wait for the answer. */
  readonly waiting: number;
  /** ISO 8601, UTC. */
  readonly asked: string;
  readonly expires: string;
  /** The first word of a command. */
  readonly grantPattern: string | null;
  /** What a lasting grant would cover; null where there can be none. */
  readonly alwaysPattern: string | null;
  /** Whether that is destructive, so that a lasting grant would cover what is. */
  readonly alwaysDestructive: boolean;
}

/** How a person says yes. */
export type Yes = { readonly once: true } | { readonly forMs: number } | { readonly always: true };

/** A yes that is still good for something. */
export interface GrantStatus {
  readonly id: string;
  readonly principal: string;
  readonly action: Action;
  readonly covers: string;
  /** Whether it was given for commands that are destructive; false for what covers one command exactly. */
  readonly destructive: boolean;
  /** `once` for exactly that and once, `timed` until it expires, `persistent` until it is revoked. */
  readonly kind: 'once' | 'timed' | 'persistent';
  /** ISO 8601, UTC; null where it does not. */
  readonly expires: string | null;
  /** Who said it, and when. */
  readonly origin: string;
  /** False for one that counts for nothing now. */
  readonly counts: boolean;
  /** Why that is; null where it counts. */
  readonly ignored: 'in strict mode' | 'since it runs whatever it is told to' | null;
}

export interface SessionStatus {
  readonly uid: number;
  /** The number of the kernel's session. */
  readonly session: number;
  readonly reason: string;
  readonly seconds_left: number;
}
