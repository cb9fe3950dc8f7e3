import type { Tier } from '../../schemas/tiers.ts';

/** Who is at the other end of a connection, from the kernel when it was made. */
export interface Peer {
  readonly uid: number;
  readonly pid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** The numbers of the groups that make somebody operator and admin; null where there is no such group. */
export interface TierGroups {
  readonly operator: number | null;
  readonly admin: number | null;
}

/** What somebody may ask for: root everything, others by their groups. Nothing that they say counts. */
export function tierOf({ uid, gid, groups }: Peer, { operator, admin }: TierGroups): Tier {
  const isIn = (group: number | null) => group !== null && (gid === group || groups.includes(group));
  if (uid === 0 || isIn(admin)) return 'admin';
  return isIn(operator) ? 'operator' : 'readonly';
}

/** The number of a group in the text of /etc/group; one that is kept elsewhere is named by its number. Null where there is none. */
export function groupNumber(text: string, name: string): number | null {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  for (const line of text.split('\n')) {
    const [found, , gid = ''] = line.split(':');
    if (found === name && /^\d{1,10}$/.test(gid)) return Number(gid);
  }
  return null;
}
