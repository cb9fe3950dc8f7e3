import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot arrange to outlive the daemon',
  native({
    code: `
      import { call } from './native.mjs';
      const PR_SET_PDEATHSIG = 1;
      export const attack = () => call('prctl', PR_SET_PDEATHSIG, 0, 0, 0, 0);
    `,
    gets: 0,
    refused: /^EPERM prctl$/,
  }),
);
