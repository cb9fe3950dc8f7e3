import type { Duplex, Readable } from 'node:stream';

/** How a spoke's process is confined, from the strongest to nothing. */
export const LEVELS = ['strong', 'kernel', 'seatbelt', 'none'] as const;
export type Level = (typeof LEVELS)[number];

/** What is to be run, in the paths of the daemon. */
export interface SpokeProgram {
  /** The spoke's own directory. */
  readonly directory: string;
  /** The entry module, relative to the directory. */
  readonly module: string;
}

/** A process that runs, whatever confines it. */
export interface ConfinedProcess {
  readonly pid: number;
  /** The daemon's end of the spoke's only opening. */
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The entry module as a file URL, as the process itself sees it. */
  readonly moduleUrl: string;
  /** Ends it and everything that it started. Does nothing once it has ended. */
  readonly kill: () => void;
  readonly exited: Promise<Exit>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One way to confine. `start` throws where the process cannot be started at all. */
export interface Sandbox {
  readonly level: Level;
  readonly start: (program: SpokeProgram) => ConfinedProcess;
}
