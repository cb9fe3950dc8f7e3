import { expect, it } from 'vitest';
import { hintFor } from '../../core/sandbox/hints.ts';

const TABLE: readonly (readonly [said: string, hint: string | null])[] = [
  ['/usr/bin/bwrap could not be started: there is no such program', 'install bubblewrap'],
  ["/usr/bin/bwrap is not root's alone, and so not to be trusted", 'install bubblewrap'],
  ['/usr/bin/perl could not be started: there is no such program', 'install perl-base'],
  ["/usr/bin/perl is not root's alone, and so not to be trusted", 'install perl-base'],
  [
    'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.',
    'kernel.unprivileged_userns_clone=1',
  ],
  ['bwrap: No permissions to creating new namespace', 'kernel.unprivileged_userns_clone=1'],
  ['bwrap: Creating new namespace failed: No space left on device', 'user.max_user_namespaces'],
  [
    'bwrap: Creating new namespace failed: nesting depth or max_user_namespaces exceeded',
    'user.max_user_namespaces',
  ],
  ['bwrap: setting up uid map: Permission denied', 'AppArmor'],
  ['bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted', 'AppArmor'],
  ['launch: landlock version: Function not implemented', 'no Landlock'],
  ['launch: landlock version: Operation not supported', 'no Landlock'],
  ['launch: seccomp: Invalid argument', 'CONFIG_SECCOMP_FILTER'],
  ['the canary could read a file', null],
  ['it did not answer in time', null],
  ['', null],
];

it.each(TABLE)('of "%s" people are told: %s', (said, hint) => {
  if (hint === null) expect(hintFor(said)).toBeNull();
  else expect(hintFor(said)).toContain(hint);
});
