import type { Duplex, Readable } from 'node:stream';
import type { Level } from '../../schemas/config.ts';
import type { RuntimeName } from '../../schemas/manifest.ts';

export type { Level };

/** What is to be run, in the paths of the daemon. */
export interface SpokeProgram {
  /** The spoke's own directory. */
  readonly directory: string;
  /** The entry module, or the program, relative to the directory. */
  readonly module: string;
  /** What runs it; Node where nothing is said. */
  readonly runtime?: RuntimeName;
}

/** A spoke that runs, whatever confines it: a process, or a thread of the daemon. */
export interface ConfinedProcess {
  /** The process that the spoke's code runs in, by the daemon's numbers; null until that is known, and for a thread. */
  readonly pid: () => number | null;
  /** The daemon's end of the spoke's only opening. */
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The entry module as a file URL, as the process itself sees it. */
  readonly moduleUrl: string;
  /** Ends it and, where it is a process, everything that it started. Does nothing once it has ended. */
  readonly kill: () => void;
  readonly exited: Promise<Exit>;
  /** Seconds for which it has been busy so far, where it is a thread of the daemon and has no process to look at. */
  readonly busySeconds?: () => number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it took too much of, where it is known to have ended for that. */
  readonly excess?: string;
}

/** One way to confine. `start` throws where the process cannot be started at all. */
export interface Sandbox {
  readonly level: Level;
  readonly start: (program: SpokeProgram) => ConfinedProcess;
}

/** What backends start spokes with, in the daemon's paths. */
export interface Runtime {
  readonly node: string;
  /** The directory of the runtime for Python, in which bootstrap.py is. */
  readonly python: string;
  /** The directory of the compiled runtime, in which bootstrap.cjs is. */
  readonly directory: string;
  /** The flags that turn on Node's permission model with these readable directories; empty where there is none. */
  readonly permissionFlags: (readable: readonly string[]) => readonly string[];
}

export const BOOTSTRAP = 'bootstrap.cjs';

/**
 * What a confined spoke finds in its environment. Without OPENSSL_CONF Node dies where it may not read the system's; HOME
 * and TZ are there so that nothing goes looking for them in files.
 */
export const SPOKE_ENVIRONMENT: Readonly<Record<string, string>> = {
  HOME: '/nonexistent',
  OPENSSL_CONF: '/dev/null',
};
