import type { HostPolicyPlace } from '../../core/open-state.ts';
import { ownersFor } from '../../core/registry/owners.ts';

/** Where the policy of a host lies in a test, and that whoever runs the test is believed as root is elsewhere. */
export function hostPolicyIn(directory: string): HostPolicyPlace {
  const uid = process.getuid?.() ?? 0;
  return { file: `${directory}/policy.yaml`, owners: ownersFor({ uid }) ?? { users: [uid], groups: [] } };
}

/** There is none: of a file that is never made. */
export function noHostPolicy(directory: string): HostPolicyPlace {
  return hostPolicyIn(`${directory}/no-policy`);
}
