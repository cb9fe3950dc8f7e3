import type { Effective } from '../../schemas/effective.ts';
import { type Portal, plainTarget, type Reply } from './portal.ts';

export interface PermissionSource {
  readonly effective: (spoke: string) => Effective;
  /** Reads the spoke's manifest and the overrides from disk again. */
  readonly reload: (spoke: string) => Promise<void>;
}

/** Tells a spoke what it may do. */
export function getPermissionsPortal({ effective }: PermissionSource): Portal<'get_permissions', null> {
  return {
    action: 'permissions',
    resource: () => null,
    resolve: plainTarget,
    async perform(_resolved, _request, { spoke }) {
      return { permissions: summary(effective(spoke)) } satisfies Reply;
    },
  };
}

/** Tells a spoke what it may do after reading the files anew. It takes no permissions from the caller. */
export function loadPermissionsPortal({
  effective,
  reload,
}: PermissionSource): Portal<'load_spoke_permissions', null> {
  return {
    action: 'permissions',
    resource: () => null,
    resolve: plainTarget,
    async perform(_resolved, _request, { spoke }) {
      await reload(spoke);
      return { permissions: summary(effective(spoke)) } satisfies Reply;
    },
  };
}

/** The effective rights in the shape of the manifest: values and patterns, without where they come from. */
function summary(rights: Effective) {
  const patterns = (entries: Effective['fs_read']) => entries.map(({ pattern }) => pattern);
  return {
    exec: rights.exec.value === 'commands' ? patterns(rights.exec.commands) : rights.exec.value,
    notify: rights.notify.value,
    net: rights.net.value,
    facts: rights.facts.value,
    fs_read: patterns(rights.fs_read),
    fs_write: patterns(rights.fs_write),
  };
}
