import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot open a socket to the hypervisor',
  native({
    code: `
      import { call } from './native.mjs';
      const [AF_VSOCK, SOCK_STREAM] = [40, 1];
      export const attack = () => call('socket', AF_VSOCK, SOCK_STREAM, 0) > 0;
    `,
    gets: true,
    refused: /^EACCES socket$/,
    hostMayRefuse: { with: /^(?:EAFNOSUPPORT|EPERM) socket$/, because: 'this host has no vsock' },
  }),
);
