import type { Tier } from '../../schemas/tiers.ts';
import type { PeerIdentity } from './peer.ts';

/** Who has which tier, as it was set when the daemon started. */
export interface TierSettings {
  /** The daemon's own user. */
  readonly owner: number;
  readonly admins: GroupSetting;
  readonly operators: GroupSetting;
  /** What somebody gets of whom the groups, or everything, is unknown. */
  readonly unknown: 'readonly' | 'operator';
}

/** A group as it was named; `gid` is null where there is none of this name: nobody is in it. */
export interface GroupSetting {
  readonly name: string;
  readonly gid: number | null;
}

export interface Standing {
  readonly tier: Tier;
  /** Why, for its holder, in a few words. */
  readonly why: string;
}

/**
 * The tier of a connection, from nothing but what the kernel says of who made it. Pure. A process of which nothing can
 * be known any more, and one in another pid namespace, as everything is that Axium runs for a spoke, is `readonly` whoever
 * it belongs to.
 */
export function tierOf(peer: PeerIdentity | 'unknown', settings: TierSettings): Standing {
  const { owner, admins, operators, unknown } = settings;
  if (peer === 'unknown') return { tier: unknown, why: 'who is asking cannot be known here' };
  if (peer.pid === 0 || peer.process?.elsewhere)
    return { tier: 'readonly', why: 'the process is in another pid namespace than the daemon' };
  if (peer.process === null) return { tier: 'readonly', why: 'the process that connected is gone' };
  if (peer.uid === 0) return { tier: 'admin', why: 'uid 0' };
  if (peer.uid === owner) return { tier: 'admin', why: 'the user of the daemon' };
  const inGroup = ({ gid }: GroupSetting) =>
    gid !== null && (peer.gid === gid || (peer.groups?.includes(gid) ?? false));
  if (inGroup(admins)) return { tier: 'admin', why: `in the group ${admins.name}` };
  if (inGroup(operators)) return { tier: 'operator', why: `in the group ${operators.name}` };
  if (peer.groups === null) return { tier: unknown, why: 'the groups of the process cannot be known here' };
  return { tier: 'readonly', why: `neither in the group ${admins.name} nor in ${operators.name}` };
}
