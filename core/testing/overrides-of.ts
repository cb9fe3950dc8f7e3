import type { OverrideBlock } from '../../schemas/permissions.ts';

/** The permissions that a test can take away as a whole. */
export type TestedPermission = 'exec' | 'notify' | 'facts' | 'fs_read' | 'fs_write';

/** A section of permissions.yaml that says what is given, and takes the denied permissions away entirely. */
export function overridesOf(
  given: OverrideBlock,
  denied: readonly TestedPermission[],
): Readonly<Record<string, unknown>> {
  const switches = denied.filter((permission) => permission !== 'fs_read' && permission !== 'fs_write');
  const lists = denied.filter((permission) => permission === 'fs_read' || permission === 'fs_write');
  const deny = {
    ...given.deny,
    ...Object.fromEntries(lists.map((list) => [list, [...(given.deny?.[list] ?? []), '/**']])),
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
  get_config: 'fs_read',
  fs_write: 'fs_write',
};
