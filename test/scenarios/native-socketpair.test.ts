import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot make itself a further channel to pass descriptors through',
  native({
    code: `
      import { call } from './native.mjs';
      const [AF_UNIX, SOCK_STREAM] = [1, 1];
      export const attack = () => call('socketpair', AF_UNIX, SOCK_STREAM, 0, Buffer.alloc(8));
    `,
    gets: 0,
    refused: /^EACCES socketpair$/,
  }),
);
