import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack(
  'a spoke cannot attach to the daemon with ptrace',
  native({
    code: `
      import { call } from './native.mjs';
      const PTRACE_ATTACH = 16;
      export const attack = ({ pid }) => call('ptrace', PTRACE_ATTACH, pid, 0, 0);
    `,
    async aim() {
      const { pid } = await startStandIn("console.log('up')");
      return { target: { pid } };
    },
    gets: 0,
    refused: /^EPERM ptrace$/,
    hostMayRefuse: { with: /^EPERM ptrace$/, because: 'this host lets no process trace another' },
  }),
);
