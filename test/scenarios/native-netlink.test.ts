import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  "a spoke cannot ask the kernel for the machine's network through netlink",
  native({
    code: `
      import { call } from './native.mjs';
      const [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE] = [16, 3, 0];
      export const attack = () => call('socket', AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) > 0;
    `,
    gets: true,
    refused: /^EACCES socket$/,
  }),
);
