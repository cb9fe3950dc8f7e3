import type { Socket } from 'node:net';
import { isPerson, principalOf } from '../../schemas/subject.ts';
import type { Tier } from '../../schemas/tiers.ts';
import type { PeerIdentity, PeerLookup } from './peer.ts';
import type { KernelSession } from './peer-process.ts';
import { type TierSettings, tierOf } from './tier.ts';

/** Who is at the other end of a control connection. Nothing that they say is in it, and it stays the same as long as the connection. */
export interface Caller {
  readonly identity: PeerIdentity | 'unknown';
  /** `user:1000`, `spoke:creds` or `command:user:1000` for what runs for one of these, or `unknown`. */
  readonly principal: string;
  readonly tier: Tier;
  readonly why: string;
}

export interface CallerInput {
  /** Null where the kernel cannot be asked. */
  readonly lookup: PeerLookup | null;
  readonly settings: TierSettings;
  /** Whether nobody but the daemon's user and root can open the socket. */
  readonly onlyOwner: boolean;
  /** The spoke, or the person, for which one of these processes was started by the daemon, or null. */
  readonly spokeOf: (processes: readonly number[], session: KernelSession | null) => string | null;
}

/** Makes known who has connected. */
export function createCallerLookup(input: CallerInput): (socket: Socket) => Caller {
  const { lookup, settings, onlyOwner, spokeOf } = input;
  if (lookup === null && onlyOwner) return () => ({ ...OWNER, principal: `user:${settings.owner}` });
  return (socket) => {
    const identity = lookup?.(socket) ?? 'unknown';
    if (identity === 'unknown') return { identity, principal: 'unknown', ...tierOf(identity, settings) };
    const { pid, uid, process } = identity;
    const above = process?.above.map((ancestor) => ancestor.pid) ?? [];
    const spoke = spokeOf([pid, ...above], process?.session ?? null);
    if (spoke !== null) {
      return {
        identity,
        // Never that of the person for whom it runs: it is not the person who connects.
        principal: isPerson(spoke) ? `command:${spoke}` : principalOf({ spoke }),
        tier: 'readonly',
        why: `the process was started for ${isPerson(spoke) ? '' : 'the spoke '}${spoke}`,
      };
    }
    const standing = tierOf(identity, settings);
    const isKnown = process !== null && !process.elsewhere;
    return { identity, principal: isKnown ? `user:${uid}` : 'unknown', ...standing };
  };
}

/** Without the kernel's word: a socket of mode 0600 has let in nobody but its owner, and root. */
const OWNER = {
  identity: 'unknown',
  tier: 'admin',
  why: 'nobody but the user of the daemon and root can open this socket',
} as const;
