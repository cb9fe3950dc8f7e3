import { type CallGroup, type CallPolicy, OWN_PID } from './policy.ts';
import { ALLOWED } from './spoke-allowed.ts';
import { REFUSED } from './spoke-refused.ts';

/** Signals and limits: of everything in its pid namespace, or, without one, of itself alone. */
function ownProcess(hasPidNamespace: boolean): readonly CallGroup[] {
  const self = { argument: 0, oneOf: hasPidNamespace ? [0] : [0, OWN_PID] };
  const reading: CallGroup = { why: 'limits of its own', answer: 'allow', calls: ['prlimit64'], when: self };
  return hasPidNamespace
    ? [
        reading,
        { why: 'signals; there is nobody else to send them to', answer: 'allow', calls: ['kill', 'tgkill'] },
      ]
    : [
        reading,
        {
          why: 'signals to itself',
          answer: 'allow',
          calls: ['kill', 'tgkill'],
          when: { argument: 0, oneOf: [OWN_PID] },
        },
      ];
}

/**
 * The filter of a spoke: an allow-list of what Node needs to compute, to read what it can see, and to use the channel
 * that it was given. No path leads to a file opened for writing, a socket, a process, or another process's signal.
 */
export function spokePolicy({ hasPidNamespace }: { readonly hasPidNamespace: boolean }): CallPolicy {
  return { groups: [...ALLOWED, ...ownProcess(hasPidNamespace), ...REFUSED], otherwise: 'ENOSYS' };
}
