import type { Command } from '../../schemas/wire.ts';
import { canPortal } from './can.ts';
import { commandDonePortal, commandRegisterPortal } from './commands.ts';
import { daemonExecPortal } from './daemon-exec.ts';
import { factsPortal } from './facts.ts';
import { fsListPortal } from './fs-list.ts';
import { fsReadPortal } from './fs-read.ts';
import { fsStatPortal } from './fs-stat.ts';
import { fsUnwatchPortal, fsWatchPortal } from './fs-watch.ts';
import { fsWritePortal } from './fs-write.ts';
import { getConfigPortal } from './get-config.ts';
import { hudPortal } from './hud.ts';
import { notifyPortal } from './notify.ts';
import { getPermissionsPortal, loadPermissionsPortal } from './permissions.ts';
import { entry, memoryEntry, type PortalEntry } from './portal.ts';
import { privilegedPortal } from './privileged.ts';
import { storagePortals } from './storage.ts';

export interface PortalPowers {
  readonly notify: Parameters<typeof notifyPortal>[0];
  readonly exec: Parameters<typeof daemonExecPortal>[0];
  readonly paths: Parameters<typeof fsWritePortal>[0] &
    Parameters<typeof fsListPortal>[0] &
    Parameters<typeof fsWatchPortal>[0];
  readonly hud: Parameters<typeof hudPortal>[0];
  readonly permissions: Parameters<typeof loadPermissionsPortal>[0];
  readonly commands: Parameters<typeof commandDonePortal>[0];
  readonly can: Parameters<typeof canPortal>[0];
  readonly config: Parameters<typeof getConfigPortal>[0];
  readonly facts: Parameters<typeof factsPortal>[0];
  readonly privileged: Parameters<typeof privilegedPortal>[0];
  readonly storage: Parameters<typeof storagePortals>[0];
}

/** The closed table: every command a spoke has, and the one portal that does it. */
export function createPortals(powers: PortalPowers): Readonly<Record<Command, PortalEntry>> {
  const storage = storagePortals(powers.storage);
  return {
    notify: entry(notifyPortal(powers.notify)),
    daemon_exec: entry(daemonExecPortal(powers.exec)),
    fs_read: entry(fsReadPortal(powers.paths)),
    fs_write: entry(fsWritePortal(powers.paths)),
    fs_stat: entry(fsStatPortal(powers.paths)),
    fs_watch: entry(fsWatchPortal(powers.paths)),
    fs_unwatch: entry(fsUnwatchPortal(powers.paths)),
    fs_list: entry(fsListPortal(powers.paths)),
    hud_segment_value: memoryEntry(hudPortal(powers.hud)),
    get_permissions: memoryEntry(getPermissionsPortal(powers.permissions)),
    can: entry(canPortal(powers.can)),
    get_config: entry(getConfigPortal(powers.config)),
    load_spoke_permissions: entry(loadPermissionsPortal(powers.permissions)),
    facts: entry(factsPortal(powers.facts)),
    command_register: entry(commandRegisterPortal(powers.commands)),
    command_done: entry(commandDonePortal(powers.commands)),
    privileged: entry(privilegedPortal(powers.privileged)),
    storage_get: entry(storage.storage_get),
    storage_put: entry(storage.storage_put),
    storage_list: entry(storage.storage_list),
    storage_delete: entry(storage.storage_delete),
  };
}

/** Commands that hold a file or move much data while they are worked on. */
export const HEAVY_COMMANDS: ReadonlySet<string> = new Set([
  'fs_read',
  'fs_write',
  'fs_stat',
  'fs_list',
  'fs_watch',
  'can',
  'get_config',
  'facts',
  'load_spoke_permissions',
  'storage_list',
  'storage_get',
  'storage_put',
  'storage_delete',
]);

/** Those of them that end in an fsync. */
export const STORING_COMMANDS: ReadonlySet<string> = new Set(['fs_write', 'storage_put', 'storage_delete']);
