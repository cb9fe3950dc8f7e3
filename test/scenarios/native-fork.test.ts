import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot fork',
  native({
    // The child ends before its parent goes on.
    code: `
      import { call } from './native.mjs';
      const [SIGCHLD, CLONE_VM, CLONE_VFORK] = [17, 0x100, 0x4000];
      export function attack() {
        const child = call('clone', CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
        if (child === 0) call('exit_group', 0);
        return child > 0;
      }
    `,
    gets: true,
    refused: /^EPERM clone$/,
  }),
);
