import type { Effective } from '../../schemas/effective.ts';
import { type MemoryPortal, type Portal, plainTarget, type Reply } from './portal.ts';

export interface PermissionSource {
  readonly effective: (spoke: string) => Effective;
  /** Milliseconds since the epoch, against which expiries count. */
  readonly now: () => number;
}

export interface ReloadedSource extends PermissionSource {
  /** Reads the spoke's manifest and the overrides from disk again. */
  readonly reload: (spoke: string) => Promise<void>;
}

/** Tells a spoke what it may do. */
export function getPermissionsPortal(source: PermissionSource): MemoryPortal<'get_permissions'> {
  const replyOf = replies(source);
  return {
    action: 'permissions',
    resource: () => null,
    stage: (_request, { spoke }) => ({ reply: replyOf(spoke), commit: () => {} }),
  };
}

/** What each spoke is answered. An answer of 10,000 patterns takes memory, so it is not made anew while the rights last. */
function replies({ effective, now }: PermissionSource): (spoke: string) => Reply {
  /** Of rights of which none expires. They never change: what changes are other ones. */
  const lasting = new WeakMap<Effective, Reply>();
  return (spoke) => {
    const rights = effective(spoke);
    const known = lasting.get(rights);
    if (known !== undefined) return known;
    const reply = { permissions: summary(rights, now()) };
    if (neverChanges(rights)) lasting.set(rights, reply);
    return reply;
  };
}

function neverChanges({ exec, fs_read, fs_write, privileged }: Effective): boolean {
  return [exec.commands, fs_read, fs_write, privileged].flat().every(({ expires }) => expires === null);
}

/** Tells a spoke what it may do after reading the files anew. It takes no permissions from the caller. */
export function loadPermissionsPortal(source: ReloadedSource): Portal<'load_spoke_permissions', null> {
  const replyOf = replies(source);
  return {
    action: 'permissions',
    resource: () => null,
    resolve: plainTarget,
    async perform(_resolved, _request, { spoke }) {
      await source.reload(spoke);
      return replyOf(spoke);
    },
  };
}

/** The effective rights in the shape of the manifest: values and patterns that count now, without where they come from. */
function summary(rights: Effective, now: number) {
  const patterns = (entries: Effective['fs_read']) =>
    entries
      .filter(({ expires }) => expires === null || now < Date.parse(expires))
      .map(({ pattern }) => pattern);
  return {
    exec: rights.exec.value === 'commands' ? patterns(rights.exec.commands) : rights.exec.value,
    notify: rights.notify.value,
    net: rights.net.value,
    facts: rights.facts.value,
    fs_read: patterns(rights.fs_read),
    fs_write: patterns(rights.fs_write),
    privileged: [...new Set(patterns(rights.privileged))],
  };
}
