import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot set the limits of the daemon',
  native({
    // As they are, so that nothing changes where it works.
    code: `
      import { call } from './native.mjs';
      const RLIMIT_NOFILE = 7;
      export function attack({ pid }) {
        const limits = Buffer.alloc(16);
        call('prlimit64', pid, RLIMIT_NOFILE, null, limits);
        return call('prlimit64', pid, RLIMIT_NOFILE, limits, null);
      }
    `,
    aim: () => ({ target: { pid: process.pid } }),
    gets: 0,
    refused: /^EPERM prlimit64$/,
  }),
);
