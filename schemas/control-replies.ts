import type { Answer } from './answer.ts';
import type { GrantStatus, PendingApproval, SessionStatus } from './approvals.ts';
import type { Review } from './consent.ts';
import type {
  Identity,
  JobStatus,
  QueuedNotification,
  RefusedSpoke,
  SpokePermissions,
  SpokeStatus,
  WarmStatus,
} from './control-shown.ts';

/** What each command answers beside `id` and `ok`. */
export interface ControlReplies {
  ping: {
    readonly pid: number;
    readonly version: string;
    readonly strict: boolean;
    /** Present where it is so by the policy of the host, whatever the environment of the daemon says. */
    readonly strict_by_host?: true;
    /** Whether the service manager started it, and is the one to stop it. */
    readonly service: boolean;
  };
  version: { readonly version: string; readonly node: string };
  whoami: Identity;
  status: {
    readonly pid: number;
    readonly version: string;
    readonly strict: boolean;
    readonly uptime_ms: number;
    /** Sentences that the user should know: running as root, a degraded sandbox, a file that is not in force. */
    readonly notes: readonly string[];
    readonly overrides: {
      readonly file: string;
      readonly in_force: boolean;
      readonly problems: readonly string[];
    };
    readonly spokes: readonly SpokeStatus[];
    readonly refused: readonly RefusedSpoke[];
    readonly warm: WarmStatus;
    readonly files: { readonly security: string; readonly audit: string; readonly log: string };
  };
  shutdown: Record<string, never>;
  spoke_list: { readonly spokes: readonly SpokeStatus[]; readonly refused: readonly RefusedSpoke[] };
  spoke_reload: ControlReplies['spoke_list'];
  spoke_review: Review;
  spoke_accept: Record<string, never>;
  spoke_stop: ControlReplies['spoke_list'];
  spoke_confine: ControlReplies['spoke_list'];
  spoke_logs: { readonly text: string };
  perms_list: { readonly spokes: readonly SpokePermissions[] };
  get_permissions: SpokePermissions;
  /** What would be decided now; nothing is recorded or done. */
  perms_can: Answer;
  /** After permissions.yaml was read again: the SHA-256 of the text in force, null while a change waits to be confirmed. */
  perms_load: {
    readonly sha256: string | null;
    readonly strict: boolean;
    readonly problems: readonly string[];
  };
  notify: { readonly notification: string };
  notify_drain: { readonly notifications: readonly QueuedNotification[] };
  /** `lease` is null where nothing is queued. What is leased comes back unless it is acknowledged in time. */
  notify_lease: { readonly lease: string | null; readonly notifications: readonly QueuedNotification[] };
  notify_peek: { readonly notifications: readonly QueuedNotification[] };
  /** How many there are to lease; 0 where none came while it waited. */
  notify_wait: { readonly waiting: number };
  notify_ack: { readonly acknowledged: number };
  hud: { readonly segments: readonly { readonly spoke: string; readonly value: string }[] };
  jobs_list: { readonly jobs: readonly JobStatus[] };
  jobs_logs: {
    readonly job: JobStatus;
    readonly stdout: string;
    readonly stderr: string;
    readonly truncated: boolean;
  };
  jobs_kill: { readonly job: JobStatus };
  /** `active` is a name, or null for none. */
  env_list: {
    readonly active: string | null;
    readonly environments: readonly {
      readonly name: string;
      readonly values: Readonly<Record<string, string>>;
    }[];
  };
  env_set: { readonly active: string | null };
  env_unset: { readonly active: string | null };
  spoke_commands: { readonly commands: readonly { readonly name: string; readonly about: string }[] };
  /** What the spoke has made of it; `code` is the exit code, 0 to 255. */
  spoke_run: { readonly code: number; readonly stdout: string; readonly stderr: string };
  jobs_kill_all: { readonly jobs: readonly JobStatus[] };
  /** How many finished pieces were removed. */
  audit_prune: { readonly pieces: number };
  audit_head: { readonly seq: number; readonly hash: string };
  /** A background job has its id alone; `approval` stands there alone where a person is asked first. */
  exec: {
    readonly job?: string;
    readonly code?: number | null;
    readonly signal?: string | null;
    readonly stdout?: string;
    readonly stderr?: string;
    readonly timed_out?: boolean;
    readonly truncated?: boolean;
    readonly approval?: string;
  };
  exec_result: ControlReplies['exec'];
  /** `change` counts how often that list has changed. */
  approvals: { readonly change: number; readonly approvals: readonly PendingApproval[] };
  approvals_wait: ControlReplies['approvals'];
  /** The yes as a grant, of which that for once is used up by what asked. */
  approve: { readonly grant: GrantStatus };
  reject: Record<string, never>;
  /** What will run instead, as it was looked up. */
  modify: { readonly what: string };
  veto: { readonly rejected: number; readonly jobs: readonly JobStatus[] };
  grants_list: { readonly grants: readonly GrantStatus[] };
  grants_revoke: { readonly grant: GrantStatus };
  elevate: { readonly session: SessionStatus };
  drop: { readonly dropped: boolean };
  sessions: { readonly sessions: readonly SessionStatus[] };
  sessions_kick: { readonly ended: number };
}
