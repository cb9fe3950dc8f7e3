import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot make a file in memory to run programs from',
  native({
    code: `
      import { call } from './native.mjs';
      export const attack = () => call('memfd_create', 'program', 0) > 0;
    `,
    gets: true,
    refused: /^EPERM memfd_create$/,
  }),
);
