import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type * as nodeFs from 'node:fs';
import type { Server, Socket } from 'node:net';
import type { Worker, WorkerOptions } from 'node:worker_threads';

/**
 * Everything that the daemon may touch of the world outside, handed from main.ts to whoever needs a part of it. What a
 * file of the daemon can do is told by what it is given, and a test can give it something else.
 */
export interface Powers {
  /** Asynchronous file access. A file system that hangs takes one of its threads, never the daemon's own. */
  readonly files: typeof nodeFs.promises;
  /** File access that has happened when it returns: the audit log and the locks need that. */
  readonly filesNow: FilesNow;
  /** Replaces a file in one step, durably and with mode 0600: a crash leaves the old or the new one. */
  readonly replaceFile: (path: string, data: string) => Promise<void>;
  /**
   * Tells of changes in a directory, with the name that changed or null where that is not known. Returns what ends it, or
   * null where there is no such directory.
   */
  readonly watchDirectory: (
    path: string,
    onEvent: (name: string | null) => void,
    onError: (error: unknown) => void,
  ) => (() => void) | null;
  /** Whether this Node, which runs the spokes too, runs TypeScript. */
  readonly stripsTypes: boolean;
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  /** Starts a thread of this process, which shares all that the process has. */
  readonly startThread: (file: URL, options: WorkerOptions) => Worker;
  /** Sends a signal to a process, or to a group where the number is negative. False when there is none. */
  readonly signal: (pid: number, signal: NodeJS.Signals | 0) => boolean;
  /** Listens on a unix socket that only this user can open, on a port of the loopback address, or on what is open already. */
  readonly listen: (
    at: string | { readonly port: number } | { readonly descriptor: number },
  ) => Promise<Server>;
  /** Whether somebody answers on a unix socket. */
  readonly isAnswered: (socketPath: string) => Promise<boolean>;
  /** Connects to a unix socket. Rejects with the system's error. */
  readonly connect: (socketPath: string) => Promise<Socket>;
  readonly log: Log;
  readonly clock: Clock;
  /** That many random bytes in hex. */
  readonly randomHex: (bytes: number) => string;
  readonly uid: number;
  readonly pid: number;
  /** The daemon's own environment, read once. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Clock {
  /** Milliseconds since the epoch, for people and for expiries. */
  readonly now: () => number;
  /** Milliseconds from some fixed point, for durations: never goes back. */
  readonly monotonic: () => number;
  /** Calls back after so many milliseconds. */
  readonly after: (ms: number, call: () => void) => Timer;
  /** Calls back once everything that was received at the same time is dealt with. */
  readonly endOfTick: (call: () => void) => void;
  /**
   * Has what came in taken on at the end of this turn of the event loop; `endOfTick` then waits for no other turn. `take`
   * returns how much it took.
   */
  readonly turn: (take: () => number) => void;
}

/** The daemon log: what went on, for the operator. Decisions are not here but in the audit log. */
export interface Log {
  readonly info: (message: string, fields?: object) => void;
  readonly warn: (message: string, fields?: object) => void;
  readonly error: (message: string, fields?: object) => void;
}

export interface Timer {
  readonly cancel: () => void;
}

export type FilesNow = Pick<
  typeof nodeFs,
  | 'open'
  | 'openSync'
  | 'close'
  | 'closeSync'
  | 'read'
  | 'readSync'
  | 'writeSync'
  | 'fstatSync'
  | 'statSync'
  | 'readlinkSync'
  | 'fsyncSync'
  | 'fdatasync'
  | 'ftruncateSync'
  | 'renameSync'
  | 'unlinkSync'
  | 'linkSync'
  | 'lstatSync'
  | 'readlinkSync'
  | 'statfsSync'
  | 'readdirSync'
  | 'readFileSync'
  | 'writeFileSync'
  | 'mkdirSync'
  | 'rmdirSync'
>;
