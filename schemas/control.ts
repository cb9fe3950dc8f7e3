import { z } from 'zod';
import { ACTIONS } from './actions.ts';
import { LEVELS } from './config.ts';
import { onFirstUse } from './on-first-use.ts';
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
export const CONTROL_REQUESTS = onFirstUse({
  ping: () => z.strictObject({ ...envelope, cmd: z.literal('ping') }),
  version: () => z.strictObject({ ...envelope, cmd: z.literal('version') }),
  whoami: () => z.strictObject({ ...envelope, cmd: z.literal('whoami') }),
  status: () => z.strictObject({ ...envelope, cmd: z.literal('status') }),
  shutdown: () => z.strictObject({ ...envelope, cmd: z.literal('shutdown') }),
  spoke_list: () => z.strictObject({ ...envelope, cmd: z.literal('spoke_list') }),
  spoke_reload: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('spoke_reload'),
      spoke: named.spoke.optional(),
    }),
  spoke_review: () => z.strictObject({ ...envelope, cmd: z.literal('spoke_review'), ...named }),
  spoke_accept: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('spoke_accept'),
      ...named,
      offer: z.string().max(64),
    }),
  spoke_stop: () => z.strictObject({ ...envelope, cmd: z.literal('spoke_stop'), ...named }),
  spoke_confine: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('spoke_confine'),
      ...named,
      require: z.enum(LEVELS),
    }),
  spoke_logs: () => z.strictObject({ ...envelope, cmd: z.literal('spoke_logs'), ...named }),
  perms_list: () => z.strictObject({ ...envelope, cmd: z.literal('perms_list') }),
  get_permissions: () => z.strictObject({ ...envelope, cmd: z.literal('get_permissions'), ...named }),
  perms_can: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('perms_can'),
      ...named,
      action: z.enum(ACTIONS),
      resource: z.string().max(32_768).optional(),
    }),
  perms_load: () => z.strictObject({ ...envelope, cmd: z.literal('perms_load') }),
  notify: () => z.strictObject({ ...envelope, cmd: z.literal('notify'), ...noticeSchema.shape }),
  notify_drain: () => z.strictObject({ ...envelope, cmd: z.literal('notify_drain') }),
  notify_lease: () => z.strictObject({ ...envelope, cmd: z.literal('notify_lease') }),
  notify_peek: () => z.strictObject({ ...envelope, cmd: z.literal('notify_peek') }),
  notify_wait: () => z.strictObject({ ...envelope, cmd: z.literal('notify_wait') }),
  notify_ack: () => z.strictObject({ ...envelope, cmd: z.literal('notify_ack'), lease: z.string().max(64) }),
  hud: () => z.strictObject({ ...envelope, cmd: z.literal('hud') }),
  jobs_list: () => z.strictObject({ ...envelope, cmd: z.literal('jobs_list') }),
  jobs_logs: () => z.strictObject({ ...envelope, cmd: z.literal('jobs_logs'), ...job }),
  jobs_kill: () => z.strictObject({ ...envelope, cmd: z.literal('jobs_kill'), ...job }),
  env_list: () => z.strictObject({ ...envelope, cmd: z.literal('env_list') }),
  env_set: () => z.strictObject({ ...envelope, cmd: z.literal('env_set'), environment: z.string().max(64) }),
  env_unset: () => z.strictObject({ ...envelope, cmd: z.literal('env_unset') }),
  spoke_commands: () => z.strictObject({ ...envelope, cmd: z.literal('spoke_commands'), ...named }),
  spoke_run: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('spoke_run'),
      ...named,
      command: z.string().max(64),
      args: z.array(z.string().max(32_768)).max(256).default([]),
    }),
  jobs_kill_all: () => z.strictObject({ ...envelope, cmd: z.literal('jobs_kill_all') }),
  audit_prune: () => z.strictObject({ ...envelope, cmd: z.literal('audit_prune'), older_ms: z.int().min(0) }),
  audit_head: () => z.strictObject({ ...envelope, cmd: z.literal('audit_head') }),
  exec: () =>
    z.strictObject({
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
  exec_result: () => z.strictObject({ ...envelope, cmd: z.literal('exec_result'), approval }),
  approvals: () => z.strictObject({ ...envelope, cmd: z.literal('approvals') }),
  approvals_wait: () =>
    z.strictObject({ ...envelope, cmd: z.literal('approvals_wait'), change: z.int().min(0) }),
  approve: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('approve'),
      approval,
      for_ms: z.int().min(1).optional(),
      always: z.boolean().default(false),
    }),
  reject: () => z.strictObject({ ...envelope, cmd: z.literal('reject'), approval, reason }),
  modify: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('modify'),
      approval,
      command: z.array(z.string().max(WIRE.maxCommand)).min(1).max(WIRE.maxWords),
    }),
  veto: () => z.strictObject({ ...envelope, cmd: z.literal('veto'), ...named }),
  grants_list: () => z.strictObject({ ...envelope, cmd: z.literal('grants_list') }),
  grants_revoke: () =>
    z.strictObject({ ...envelope, cmd: z.literal('grants_revoke'), grant: z.string().max(64) }),
  elevate: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('elevate'),
      for_ms: z.int().min(1),
      reason: z.string().min(1).max(200),
    }),
  drop: () => z.strictObject({ ...envelope, cmd: z.literal('drop') }),
  sessions: () => z.strictObject({ ...envelope, cmd: z.literal('sessions') }),
  sessions_kick: () =>
    z.strictObject({
      ...envelope,
      cmd: z.literal('sessions_kick'),
      session: z.int().min(1).optional(),
    }),
});

export type ControlCommand = keyof typeof CONTROL_REQUESTS;
export type ControlRequest<C extends ControlCommand = ControlCommand> = z.output<
  (typeof CONTROL_REQUESTS)[C]
>;
