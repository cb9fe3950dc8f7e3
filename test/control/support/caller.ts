import type { Caller } from '../../../core/control/caller.ts';
import type { PeerIdentity } from '../../../core/control/peer.ts';
import type { Tier } from '../../../schemas/tiers.ts';

/** A process of uid 1000 at a terminal, in the namespace of the daemon. */
export const PERSON: PeerIdentity = {
  pid: 500,
  uid: 1000,
  gid: 1000,
  groups: [],
  process: {
    ...{ elsewhere: false, uid: 1000, terminal: true, above: [] },
    session: { id: 400, began: '12345' },
  },
};

/** Somebody at the control socket. */
export function callerWith(tier: Tier = 'admin', identity: Partial<PeerIdentity> = {}): Caller {
  const peer = { ...PERSON, ...identity };
  return { identity: peer, principal: `user:${peer.uid}`, tier, why: 'the test says so' };
}
