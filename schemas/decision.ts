import type { Action } from './actions.ts';
import type { Parameters } from './executor.ts';

/** `base` is spoke.yaml, `override` permissions.yaml, `grant` an approval, `system` built in or the host's policy. */
export type RuleSource = 'base' | 'override' | 'grant' | 'system';

/** Ordered from the mildest to the strictest; where several rules match, the strictest wins. */
export const EFFECTS = ['allow', 'ask', 'deny'] as const;
export type Effect = (typeof EFFECTS)[number];

/** Where a rule is written. Lines and columns count from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The origin of the rules that are part of Axium itself. */
export const BUILT_IN: Origin = { file: 'built in', line: 0, column: 0 };

/** An origin as people and editors read it: `file:line:column`. */
export function formatOrigin(origin: Origin): string {
  return origin === BUILT_IN || origin.line === 0
    ? origin.file
    : `${origin.file}:${origin.line}:${origin.column}`;
}

/** One thing that somebody said about one action. */
export interface Rule {
  readonly action: Action;
  /** As written: a path pattern, a command pattern, or the value of a switch. */
  readonly pattern: string;
  readonly effect: Effect;
  readonly source: RuleSource;
  readonly origin: Origin;
  /** Milliseconds since the epoch; from then on the rule does not count. */
  readonly expires?: number;
  readonly why?: string;
}

/** The answer to "may this happen?", with the rule that gave it. `rule` is null where none matched: that denies. */
export interface Decision {
  readonly effect: Effect;
  readonly reason: string;
  readonly rule: Rule | null;
  readonly source: RuleSource;
  readonly viaOverride: boolean;
}

/** What the thing asked for really is. Made by a resolver from what it opened, never from what a spoke said. */
export type Target = PlainTarget | PathTarget | CommandTarget | PrivilegedTarget;

/** The action has no object, or the object is the spoke's own. */
export interface PlainTarget {
  readonly kind: 'plain';
}

export interface PathTarget {
  readonly kind: 'path';
  /** The absolute path as asked, `~` expanded. */
  readonly asked: string;
  /** The path of the handle that was opened; for a file that is not there, of its nearest directory plus the rest. */
  readonly real: string;
  readonly found: 'file' | 'directory' | 'special' | 'missing';
  /** The name of a kernel file system (proc, sysfs, ...) on which the target lies, or null. */
  readonly kernelFs: string | null;
  /** Present where no content is asked for: what lies under the name itself, or the names in a directory. */
  readonly look?: 'entry' | 'names';
}

export interface CommandTarget {
  readonly kind: 'command';
  /** The words that would run; the first is an absolute path. */
  readonly argv: readonly string[];
  /** The names that a pattern may call the program by: its absolute path, and its bare name when PATH finds it so. */
  readonly names: readonly string[];
  /** Further names of the file that would run, once its links are followed: they count where something is forbidden. */
  readonly realNames?: readonly string[];
  /** There is no such program. */
  readonly missing?: true;
}

/** An action of the root executor. */
export interface PrivilegedTarget {
  readonly kind: 'privileged';
  readonly action: string;
  readonly params: Parameters;
  /** The words that would run as root, from the table as the daemon can read it. */
  readonly argv: readonly string[];
}
