import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot leave what it shares with others',
  native({
    // The one part that nobody needs a right for.
    code: `
      import { call } from './native.mjs';
      const CLONE_FILES = 0x400;
      export const attack = () => call('unshare', CLONE_FILES);
    `,
    gets: 0,
    refused: /^EPERM unshare$/,
  }),
);
