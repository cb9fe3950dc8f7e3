import type { CommandTarget, PathTarget } from './decision.ts';

/** The two lists of paths of a permission block. */
export type ScopeList = 'fs_read' | 'fs_write';

/** Something of the host that a scoped command finds, at the place where it really lies. */
export interface ScopeBind {
  readonly path: string;
  /** The list that opened it: what comes from `fs_write` can be written. Null for the program itself. */
  readonly list: ScopeList | null;
  /** A directory with all that is in it; otherwise one regular file. */
  readonly whole: boolean;
  /** An open descriptor of what was decided on. Closed once the command has been started. */
  readonly fd: number;
}

/** What a command of the scoped profile finds beside the system. */
export interface Scope {
  readonly binds: readonly ScopeBind[];
  /** Names by which patterns call what is bound elsewhere, since a link leads there. */
  readonly links: readonly { readonly path: string; readonly to: string }[];
  readonly net: boolean;
}

/** Directories of the system that every scoped command finds, read-only, where they are. */
export const SYSTEM_DIRECTORIES = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

/** What the rights of one spoke say of paths, as answers that touch no file. All of them hold for the moment they were made. */
export interface GrantedPaths {
  readonly net: boolean;
  /** Where the literal parts of the allowing patterns lie: as written, and really. */
  readonly starts: (list: ScopeList) => readonly { readonly written: string; readonly real: string }[];
  /** Whether a command may be given this file. */
  readonly allows: (list: ScopeList, target: PathTarget) => boolean;
  /** Whether it may be given everything that is below a directory or could come to be there. */
  readonly allowsAllBelow: (list: ScopeList, directory: string) => boolean;
  /** False where nothing below a directory can be allowed. */
  readonly mayAllowBelow: (list: ScopeList, directory: string) => boolean;
  /** Whether a directory with an entry of this name cannot be given as a whole. */
  readonly splits: (list: ScopeList, directory: string, name: string) => boolean;
  /** Whether a rule withholds a file from reading, whatever else allows it. */
  readonly withholds: (target: PathTarget) => boolean;
  /** False once other rules are in force. */
  readonly stillCount: () => boolean;
}

/** And what they say of programs. */
export interface GrantedToCommands extends GrantedPaths {
  /** Whether `exec` calls this program by its name. */
  readonly namesProgram: (command: CommandTarget) => boolean;
}
