import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot make itself root in a namespace of its own',
  native({
    // The child ends before its parent goes on.
    code: `
      import { call } from './native.mjs';
      const [SIGCHLD, CLONE_VFORK, CLONE_NEWUSER] = [17, 0x4000, 0x10000000];
      export function attack() {
        const child = call('clone', CLONE_NEWUSER | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
        if (child === 0) call('exit_group', 0);
        return child > 0;
      }
    `,
    gets: true,
    refused: /^EPERM clone$/,
    hostMayRefuse: {
      with: /^(?:EPERM|EACCES|ENOSPC) clone$/,
      because: 'this host allows no user namespaces',
    },
  }),
);
