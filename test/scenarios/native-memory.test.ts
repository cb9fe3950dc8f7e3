import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack(
  "a spoke cannot open the daemon's memory",
  native({
    code: `
      import { call } from './native.mjs';
      const [AT_FDCWD, O_RDWR] = [-100, 2];
      export const attack = ({ pid }) => call('openat', AT_FDCWD, '/proc/' + pid + '/mem', O_RDWR) > 0;
    `,
    async aim() {
      const { pid } = await startStandIn("console.log('up')");
      return { target: { pid } };
    },
    gets: true,
    refused: /^EACCES openat$/,
    hostMayRefuse: { with: /^EACCES openat$/, because: 'this host lets no process trace another' },
  }),
);
