import type { Action } from './actions.ts';
import type { RuleSource } from './decision.ts';

/** A value of the effective rights, who said it, and `file:line:column` (null where it is the default). */
export interface SaidValue<T> {
  readonly value: T;
  readonly source: RuleSource;
  readonly origin: string | null;
}

export interface ListedEntry {
  readonly pattern: string;
  readonly source: RuleSource;
  readonly origin: string;
  /** ISO 8601, or null for an entry that stays. */
  readonly expires: string | null;
  readonly reason: string | null;
  /** A person is asked each time, since what is allowed here is bounded by an `ask`. */
  readonly asks?: true;
}

/** What one spoke may do once everything is merged, as `perms show --json` prints it. */
export interface Effective {
  readonly exec: SaidValue<boolean | 'ask' | 'commands'> & { readonly commands: readonly ListedEntry[] };
  readonly notify: SaidValue<boolean>;
  readonly net: SaidValue<boolean>;
  readonly facts: SaidValue<boolean>;
  readonly fs_read: readonly ListedEntry[];
  readonly fs_write: readonly ListedEntry[];
  readonly exec_profile: SaidValue<'host' | 'scoped'>;
  /** Actions of the root executor: `ask` where a person has to say yes each time. */
  readonly privileged: readonly (ListedEntry & { readonly effect: 'allow' | 'ask' })[];
  readonly restrictions: readonly (ListedEntry & {
    readonly action: Action;
    readonly effect: 'ask' | 'deny';
  })[];
  /** Beyond these lists nothing is allowed, whatever else matches. */
  readonly ceilings: readonly {
    readonly action: Action;
    readonly patterns: readonly string[];
    readonly source: RuleSource;
    readonly origin: string | null;
  }[];
  /** What somebody wrote and does not count, and the reason. */
  readonly withheld: readonly {
    /** The key and the value, or the entry of its list: `fs_read: ~/notes/*`. */
    readonly rule: string;
    readonly origin: string | null;
    readonly because: string;
    /** It waits for its user's consent. */
    readonly waits: boolean;
  }[];
  /** An override for this spoke is in force. */
  readonly overridden: boolean;
  /** False where nothing is allowed beyond the HUD, since no permissions.yaml could be trusted. */
  readonly open: boolean;
  /** Why it is not open, where that is something else than permissions.yaml. */
  readonly closed_because: string | null;
}
