import type { OverrideBlock } from '../../schemas/permissions.ts';

/** The permissions that a test can take away as a whole. */
export type TestedPermission = 'exec' | 'notify' | 'facts' | 'fs_read' | 'fs_write' | 'privileged';

/**
 * A section of permissions.yaml that says what is given, and takes the denied permissions away entirely. `actions` are the
 * privileged actions that the manifest declares: no pattern covers them all.
 */
export function overridesOf(
  given: OverrideBlock,
  denied: readonly TestedPermission[],
  actions: readonly string[],
): Readonly<Record<string, unknown>> {
  const isDenied = (permission: TestedPermission) => denied.includes(permission);
  const lists = (['fs_read', 'fs_write'] as const).filter(isDenied);
  const switches = (['exec', 'notify', 'facts'] as const).filter(isDenied);
  const named = (given.privileged ?? []).map((entry) => (typeof entry === 'string' ? entry : entry.action));
  const privileged = isDenied('privileged') ? [...new Set([...actions, ...named])] : [];
  const deny = {
    ...given.deny,
    ...Object.fromEntries(lists.map((list) => [list, [...(given.deny?.[list] ?? []), '/**']])),
    ...(privileged.length > 0 && { privileged: [...(given.deny?.privileged ?? []), ...privileged] }),
  };
  return {
    ...given,
    ...Object.fromEntries(switches.map((permission) => [permission, false])),
    ...(Object.keys(deny).length > 0 && { deny }),
  };
}

/** The permission that each command of a spoke needs; what is not here needs none. */
export const NEEDED: Readonly<Record<string, TestedPermission>> = {
  notify: 'notify',
  daemon_exec: 'exec',
  facts: 'facts',
  fs_read: 'fs_read',
  fs_stat: 'fs_read',
  fs_list: 'fs_read',
  fs_watch: 'fs_read',
  get_config: 'fs_read',
  fs_write: 'fs_write',
  privileged: 'privileged',
};
