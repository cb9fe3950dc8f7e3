import type { Decision, Origin, Rule, RuleSource } from '../../schemas/decision.ts';
import type { Lockable } from '../../schemas/host-policy.ts';
import type { CommandPattern } from './match-command.ts';
import type { PathPattern } from './match-path.ts';
import type { RuleIndex } from './rule-index.ts';

/** A value together with who said it and where; `origin` is null where nobody did and the value is the default. */
export interface Said<T> {
  readonly value: T;
  readonly source: RuleSource;
  readonly origin: Origin | null;
}

export interface PathRule {
  readonly rule: Rule;
  readonly pattern: PathPattern;
}

export interface CommandRule {
  readonly rule: Rule;
  readonly pattern: CommandPattern;
}

/** The switches of the permission block. */
export const SWITCHES = ['notify', 'net', 'facts'] as const;
export type Switch = (typeof SWITCHES)[number];

/** The permissions that are lists of paths. */
export const PATH_LISTS = ['fs_read', 'fs_write'] as const;
export type PathList = (typeof PATH_LISTS)[number];

/** `false`, `true`, `'ask'`, or the commands that may run; where a rule of those says ask, once a person said yes. */
export type ExecValue = boolean | 'ask' | readonly CommandRule[];

/** What one file says of one spoke, compiled. Only what is said is present. */
export interface Layer {
  readonly exec?: Said<ExecValue>;
  readonly execProfile?: Said<'host' | 'scoped'>;
  readonly switches: Partial<Record<Switch, Said<boolean>>>;
  readonly paths: Readonly<Record<PathList, readonly PathRule[]>>;
  readonly commands: readonly CommandRule[];
  /** Of actions of the root executor, by their names: what grants them, and what restricts that. */
  readonly privileged: { readonly grants: readonly Rule[]; readonly restrictions: readonly Rule[] };
}

/** Keys of which permissions.yaml cannot say more than spoke.yaml does, and where that is said. */
export type Locks = ReadonlyMap<Lockable, Origin>;

/** What the host says that a spoke can have at most: a key that is not there bounds nothing. */
export interface Bounds {
  readonly layer: Layer;
  /** The lists that are bounded, each with the place where that is said. */
  readonly lists: Partial<Readonly<Record<PathList | 'privileged', Origin>>>;
}

/** A list of paths beyond which nothing is allowed, whatever else matches. */
export interface PathCeiling {
  readonly said: Said<readonly PathRule[]>;
  readonly index: RuleIndex;
}

/** Rules that somebody wrote and that do not count, and the reason for whoever asks why. */
export interface Withheld {
  readonly because: string;
  readonly exec?: Said<ExecValue>;
  readonly switches: Partial<Record<Switch, Said<boolean>>>;
  readonly execProfile?: Said<'host' | 'scoped'>;
  readonly privileged: readonly Rule[];
  readonly paths: Readonly<Record<PathList, readonly PathRule[]>>;
  readonly index: RuleIndexes;
  /** They wait for their user's consent, and are told of as such. */
  readonly waits: boolean;
}

/**
 * Everything that decides what one spoke may do, merged and immutable. `exec`, the switches and `paths` are the
 * effective rights; `restrictions` are the deny and ask entries, which only a user or the host can write.
 */
export interface Policy {
  readonly spoke: string;
  /** False where nothing beyond the HUD may happen, since no file of the user's could be trusted. */
  readonly open: boolean;
  /** Why it is not open, where that is something else than permissions.yaml. */
  readonly closedBecause?: string | undefined;
  readonly exec: Said<ExecValue>;
  readonly execProfile: Said<'host' | 'scoped'>;
  /** What grants actions of the root executor, by their names: with the effect `ask` a person says yes each time. */
  readonly privileged: readonly Rule[];
  readonly switches: Readonly<Record<Switch, Said<boolean>>>;
  /** What is decided on each switch: the same for every request. */
  readonly switchDecisions: Readonly<Record<Switch, Decision>>;
  readonly paths: Readonly<Record<PathList, readonly PathRule[]>>;
  readonly restrictions: {
    readonly paths: Readonly<Record<PathList, readonly PathRule[]>>;
    readonly commands: readonly CommandRule[];
    readonly privileged: readonly Rule[];
  };
  readonly ceilings: {
    readonly paths: Readonly<Record<PathList, readonly PathCeiling[]>>;
    readonly commands: readonly Said<readonly CommandRule[]>[];
    readonly privileged: readonly Said<readonly Rule[]>[];
  };
  readonly withheld: readonly Withheld[];
  /** The same rules of paths, to be found quickly. */
  readonly index: { readonly paths: RuleIndexes; readonly restrictions: RuleIndexes };
  /** True when an override for this spoke is in force. */
  readonly overridden: boolean;
  /** The configuration that came with the spoke's code, which it may read without an entry. */
  readonly ownConfig?: string | undefined;
  readonly guard: Guard;
}

export type RuleIndexes = Readonly<Record<PathList, RuleIndex>>;

/** The places that are the same for every spoke: what no rule opens, and what no wildcard opens. */
export interface Guard {
  /** Real paths of directories in which nothing is ever written for a spoke. */
  readonly neverWrite: readonly string[];
  /** Real home directory, against which the files that run code by themselves are told. */
  readonly home: string;
}
