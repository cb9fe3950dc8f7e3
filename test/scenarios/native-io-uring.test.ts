import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot open files past the filter, with io_uring',
  native({
    code: `
      import { call } from './native.mjs';
      export const attack = () => call('io_uring_setup', 4, Buffer.alloc(120)) > 0;
    `,
    gets: true,
    refused: /^ENOSYS io_uring_setup$/,
    hostMayRefuse: { with: /^(?:EPERM|ENOSYS) io_uring_setup$/, because: 'this host has no io_uring' },
  }),
);
