import { z } from 'zod';
import { ACTIONS } from './actions.ts';
import type { Answer } from './answer.ts';
import type { GrantStatus, PendingApproval, SessionStatus } from './approvals.ts';
import { LEVELS } from './config.ts';
import type { Review } from './consent.ts';
import type { Effective } from './effective.ts';
import type { Tier } from './tiers.ts';
import { noticeSchema, WIRE } from './wire.ts';

const envelope = { id: z.union([z.int(), z.string().max(64), z.null()]).optional() };
const named = { spoke: z.string().max(64) };
const job = { job: z.string().max(64) };
const approval = z.string().max(64);
const reason = z.string().max(200).default('');

/**
 * Every request of the control socket: one JSON object a line. `id` is optional and comes back with the answer. What each
 * asks of its caller is in tiers.ts, which has to name it.
 */
export const CONTROL_REQUESTS = {
  ping: z.strictObject({ ...envelope, cmd: z.literal('ping') }),
  version: z.strictObject({ ...envelope, cmd: z.literal('version') }),
  whoami: z.strictObject({ ...envelope, cmd: z.literal('whoami') }),
  status: z.strictObject({ ...envelope, cmd: z.literal('status') }),
  shutdown: z.strictObject({ ...envelope, cmd: z.literal('shutdown') }),
  spoke_list: z.strictObject({ ...envelope, cmd: z.literal('spoke_list') }),
  spoke_reload: z.strictObject({
    ...envelope,
    cmd: z.literal('spoke_reload'),
    spoke: named.spoke.optional(),
  }),
  spoke_review: z.strictObject({ ...envelope, cmd: z.literal('spoke_review'), ...named }),
  spoke_accept: z.strictObject({
    ...envelope,
    cmd: z.literal('spoke_accept'),
    ...named,
    offer: z.string().max(64),
  }),
  spoke_stop: z.strictObject({ ...envelope, cmd: z.literal('spoke_stop'), ...named }),
  spoke_confine: z.strictObject({
    ...envelope,
    cmd: z.literal('spoke_confine'),
    ...named,
    require: z.enum(LEVELS),
  }),
  spoke_logs: z.strictObject({ ...envelope, cmd: z.literal('spoke_logs'), ...named }),
  perms_list: z.strictObject({ ...envelope, cmd: z.literal('perms_list') }),
  get_permissions: z.strictObject({ ...envelope, cmd: z.literal('get_permissions'), ...named }),
  perms_can: z.strictObject({
    ...envelope,
    cmd: z.literal('perms_can'),
    ...named,
    action: z.enum(ACTIONS),
    resource: z.string().max(32_768).optional(),
  }),
  perms_load: z.strictObject({ ...envelope, cmd: z.literal('perms_load') }),
  notify: z.strictObject({ ...envelope, cmd: z.literal('notify'), ...noticeSchema.shape }),
  notify_drain: z.strictObject({ ...envelope, cmd: z.literal('notify_drain') }),
  notify_lease: z.strictObject({ ...envelope, cmd: z.literal('notify_lease') }),
  notify_peek: z.strictObject({ ...envelope, cmd: z.literal('notify_peek') }),
  notify_wait: z.strictObject({ ...envelope, cmd: z.literal('notify_wait') }),
  notify_ack: z.strictObject({ ...envelope, cmd: z.literal('notify_ack'), lease: z.string().max(64) }),
  hud: z.strictObject({ ...envelope, cmd: z.literal('hud') }),
  jobs_list: z.strictObject({ ...envelope, cmd: z.literal('jobs_list') }),
  jobs_logs: z.strictObject({ ...envelope, cmd: z.literal('jobs_logs'), ...job }),
  jobs_kill: z.strictObject({ ...envelope, cmd: z.literal('jobs_kill'), ...job }),
  env_list: z.strictObject({ ...envelope, cmd: z.literal('env_list') }),
  env_set: z.strictObject({ ...envelope, cmd: z.literal('env_set'), environment: z.string().max(64) }),
  env_unset: z.strictObject({ ...envelope, cmd: z.literal('env_unset') }),
  spoke_commands: z.strictObject({ ...envelope, cmd: z.literal('spoke_commands'), ...named }),
  spoke_run: z.strictObject({
    ...envelope,
    cmd: z.literal('spoke_run'),
    ...named,
    command: z.string().max(64),
    args: z.array(z.string().max(32_768)).max(256).default([]),
  }),
  jobs_kill_all: z.strictObject({ ...envelope, cmd: z.literal('jobs_kill_all') }),
  audit_prune: z.strictObject({ ...envelope, cmd: z.literal('audit_prune'), older_ms: z.int().min(0) }),
  audit_head: z.strictObject({ ...envelope, cmd: z.literal('audit_head') }),
  exec: z.strictObject({
    ...envelope,
    cmd: z.literal('exec'),
    command: z.array(z.string().max(WIRE.maxCommand)).max(WIRE.maxWords),
    cwd: z
      .string()
      .max(WIRE.maxPath)
      .regex(/^\/[^\0]*$/, 'expected an absolute directory')
      .optional(),
    background: z.boolean().default(false),
  }),
  exec_result: z.strictObject({ ...envelope, cmd: z.literal('exec_result'), approval }),
  approvals: z.strictObject({ ...envelope, cmd: z.literal('approvals') }),
  approvals_wait: z.strictObject({ ...envelope, cmd: z.literal('approvals_wait'), change: z.int().min(0) }),
  approve: z.strictObject({
    ...envelope,
    cmd: z.literal('approve'),
    approval,
    for_ms: z.int().min(1).optional(),
    always: z.boolean().default(false),
  }),
  reject: z.strictObject({ ...envelope, cmd: z.literal('reject'), approval, reason }),
  modify: z.strictObject({
    ...envelope,
    cmd: z.literal('modify'),
    approval,
    command: z.array(z.string().max(WIRE.maxCommand)).min(1).max(WIRE.maxWords),
  }),
  veto: z.strictObject({ ...envelope, cmd: z.literal('veto'), ...named }),
  grants_list: z.strictObject({ ...envelope, cmd: z.literal('grants_list') }),
  grants_revoke: z.strictObject({ ...envelope, cmd: z.literal('grants_revoke'), grant: z.string().max(64) }),
  elevate: z.strictObject({
    ...envelope,
    cmd: z.literal('elevate'),
    for_ms: z.int().min(1),
    reason: z.string().min(1).max(200),
  }),
  drop: z.strictObject({ ...envelope, cmd: z.literal('drop') }),
  sessions: z.strictObject({ ...envelope, cmd: z.literal('sessions') }),
  sessions_kick: z.strictObject({
    ...envelope,
    cmd: z.literal('sessions_kick'),
    session: z.int().min(1).optional(),
  }),
} as const;

export type ControlCommand = keyof typeof CONTROL_REQUESTS;
export type ControlRequest<C extends ControlCommand = ControlCommand> = z.output<
  (typeof CONTROL_REQUESTS)[C]
>;

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
