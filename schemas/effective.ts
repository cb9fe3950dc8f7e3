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
  /** An override for this spoke is in force. */
  readonly overridden: boolean;
  /** False where nothing is allowed beyond the HUD, since no permissions.yaml could be trusted. */
  readonly open: boolean;
}
