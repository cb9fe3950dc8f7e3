import type { Action } from '../../../schemas/actions.ts';
import type { Command } from '../../../schemas/wire.ts';

/** For every command, fields with which it does something, and the action that it is decided as. */
export const EVERY_COMMAND: Readonly<
  Record<
    Command,
    { readonly action: Action; readonly fields: (home: string) => Readonly<Record<string, unknown>> }
  >
> = {
  notify: { action: 'notify', fields: () => ({ title: 'Title', body: 'Body', level: 'warning' }) },
  daemon_exec: {
    action: 'exec',
    fields: (home) => ({ command: ['touch', `${home}/granted/touched`], mode: 'wait' }),
  },
  fs_read: { action: 'fs_read', fields: (home) => ({ path: `${home}/granted/file` }) },
  fs_write: {
    action: 'fs_write',
    fields: (home) => ({ path: `${home}/granted/written`, data: 'data' }),
  },
  fs_stat: { action: 'fs_read', fields: (home) => ({ path: `${home}/granted/file` }) },
  fs_list: { action: 'fs_read', fields: (home) => ({ path: `${home}/granted` }) },
  fs_watch: { action: 'fs_read', fields: (home) => ({ path: `${home}/granted` }) },
  fs_unwatch: { action: 'permissions', fields: () => ({ watch: 1 }) },
  hud_segment_value: { action: 'hud', fields: () => ({ value: '[x]' }) },
  get_permissions: { action: 'permissions', fields: () => ({}) },
  can: { action: 'permissions', fields: () => ({ action: 'notify' }) },
  get_config: { action: 'fs_read', fields: () => ({}) },
  load_spoke_permissions: { action: 'permissions', fields: () => ({}) },
  facts: { action: 'facts', fields: () => ({}) },
  command_register: { action: 'command', fields: () => ({ command: 'refresh' }) },
  command_done: { action: 'command', fields: () => ({ call: 1, code: 0 }) },
  privileged: {
    action: 'privileged',
    fields: () => ({ action: 'restart_service', params: { unit: 'nginx.service' } }),
  },
  storage_get: { action: 'storage', fields: () => ({ key: 'a' }) },
  storage_put: { action: 'storage', fields: () => ({ key: 'a', value: 'b' }) },
  storage_list: { action: 'storage', fields: () => ({}) },
  storage_delete: { action: 'storage', fields: () => ({ key: 'a' }) },
};

export const COMMANDS = Object.keys(EVERY_COMMAND) as Command[];

/** A whole request that does something. */
export function requestOf(cmd: Command, home: string) {
  return { cmd, ...EVERY_COMMAND[cmd].fields(home) };
}

/** What is done in the daemon's memory alone. */
export const IN_MEMORY: ReadonlySet<string> = new Set(['hud_segment_value', 'get_permissions']);
