import type { ControlCommand } from './control.ts';

/** Ceilings of a control connection, from the least to the most. A connection keeps the one that it began with. */
export const TIERS = ['readonly', 'operator', 'admin'] as const;
export type Tier = (typeof TIERS)[number];

/** What a command asks of its caller: a tier, or `dangerous`: admin, and a daemon started with AXIUM_DANGEROUS_OPS=true. */
export type Requirement = Tier | 'dangerous';

/**
 * What each command of the control socket asks of its caller. `readonly` is for whoever can connect: it shows how the
 * daemon stands and nothing that a spoke or a command has written. `operator` is for the daily work, and can widen
 * nothing. A command that is missing here does not compile, and would be one for admins.
 */
export const CONTROL_TIERS: Readonly<Record<ControlCommand, Requirement>> = {
  ping: 'readonly',
  version: 'readonly',
  whoami: 'readonly',
  status: 'readonly',
  shutdown: 'admin',
  spoke_list: 'readonly',
  spoke_reload: 'operator',
  spoke_stop: 'operator',
  spoke_confine: 'dangerous',
  spoke_logs: 'operator',
  spoke_review: 'operator',
  spoke_accept: 'admin',
  perms_list: 'readonly',
  get_permissions: 'readonly',
  perms_can: 'operator',
  perms_load: 'operator',
  notify: 'operator',
  notify_drain: 'operator',
  notify_lease: 'operator',
  notify_peek: 'operator',
  notify_wait: 'operator',
  notify_ack: 'operator',
  hud: 'readonly',
  jobs_list: 'readonly',
  jobs_logs: 'operator',
  jobs_kill: 'operator',
  env_list: 'operator',
  env_set: 'operator',
  env_unset: 'operator',
  spoke_commands: 'operator',
  spoke_run: 'operator',
  jobs_kill_all: 'operator',
  audit_prune: 'dangerous',
  audit_head: 'readonly',
  exec: 'operator',
  exec_result: 'operator',
  approvals: 'operator',
  approvals_wait: 'operator',
  approve: 'admin',
  reject: 'operator',
  modify: 'admin',
  veto: 'operator',
  grants_list: 'operator',
  grants_revoke: 'operator',
  elevate: 'admin',
  drop: 'readonly',
  sessions: 'operator',
  sessions_kick: 'admin',
};

/** What a command asks of its caller; one that no table names is for admins. */
export function requirementOf(command: string): Requirement {
  return Object.hasOwn(CONTROL_TIERS, command) ? CONTROL_TIERS[command as ControlCommand] : 'admin';
}

/** True where a tier is enough for another. */
export function reaches(tier: Tier, wanted: Tier): boolean {
  return TIERS.indexOf(tier) >= TIERS.indexOf(wanted);
}

/** `AXIUM_DANGEROUS_OPS`: on for `true` alone. */
export function allowsDangerous(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.AXIUM_DANGEROUS_OPS === 'true';
}
