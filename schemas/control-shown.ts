import type { Effective } from './effective.ts';
import type { Tier } from './tiers.ts';

export interface SpokeStatus {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
  /**
   * `failing` and `condemned` while the process that failed is being ended: then comes backoff, or quarantine. `retiring`
   * and `recalled` while one that had nothing to do is ending: then it is idle, or is started again.
   */
  readonly state:
    | 'stopped'
    | 'starting'
    | 'ready'
    | 'stopping'
    | 'failing'
    | 'condemned'
    | 'backoff'
    | 'quarantined'
    | 'idle'
    | 'retiring'
    | 'recalled';
  /** Why it failed or stopped, in one line; null while it runs. */
  readonly reason: string | null;
  /** How its process is confined: strong, kernel, seatbelt or none. */
  readonly level: string;
  readonly pid: number | null;
}

/** The confined process that is started ahead of the next spoke: turned off, not there, about to be ready, or ready. */
export interface WarmStatus {
  readonly state: 'off' | 'none' | 'starting' | 'ready';
  readonly pid: number | null;
}

/**
 * A directory that says it is a spoke and is not taken as it lies there, though a spoke of it may run as it was before;
 * each problem is text of one or more lines.
 */
export interface RefusedSpoke {
  readonly directory: string;
  readonly problems: readonly string[];
}

export interface SpokePermissions {
  readonly name: string;
  readonly version: string;
  readonly effective: Effective;
  /** The file whose overrides are in force for this spoke, or null. */
  readonly override_source: string | null;
  readonly level: string;
  /** Remarks on entries: file:line:column: text. */
  readonly warnings: readonly string[];
}

/** Who the daemon takes its caller for, from what the kernel says of the connection. Null where it does not say. */
export interface Identity {
  readonly principal: string;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly groups: readonly number[] | null;
  readonly pid: number | null;
  readonly tier: Tier;
  readonly why: string;
  /** The number of the kernel's session, and how many seconds it is still elevated; null where it is not. */
  readonly session: number | null;
  readonly elevated_seconds: number | null;
  /** Whether dangerous operations are enabled, for admins. */
  readonly dangerous: boolean;
}

export interface QueuedNotification {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The spoke, or `system`. */
  readonly source: string;
  readonly title: string;
  readonly body: string;
  readonly level: 'info' | 'success' | 'warning' | 'error';
  /** How often it was said, the last time at `time`. */
  readonly count: number;
}

export interface JobStatus {
  readonly id: string;
  readonly spoke: string;
  readonly argv: readonly string[];
  readonly state: 'running' | 'exited' | 'killed' | 'timed-out' | 'too-much-output' | 'failed';
  /** Exit code, or null while it runs and where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly started: string;
  readonly ended: string | null;
}
