import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack(
  'a spoke cannot signal the daemon through any of the calls that signal',
  native({
    code: `
      import { call } from './native.mjs';
      const SIGKILL = 9;
      export function attack({ pid }) {
        const ways = {
          tkill: () => call('tkill', pid, SIGKILL),
          tgkill: () => call('tgkill', pid, pid, SIGKILL),
          pidfd: () => call('pidfd_send_signal', call('pidfd_open', pid, 0), SIGKILL, null, 0),
        };
        const refused = [];
        for (const [name, way] of Object.entries(ways)) {
          try {
            way();
            return name;
          } catch (error) {
            refused.push(error.code);
          }
        }
        throw new Error(refused.join());
      }
    `,
    async aim() {
      const { pid, child, exited } = await startStandIn("console.log('up')");
      return {
        target: { pid },
        async harmed() {
          // Unharmed it ends as its parent tells it, with 0.
          child.stdin?.end();
          return (await exited) !== 0;
        },
      };
    },
    gets: 'tkill',
    refused: /EPERM,(?:EPERM|ESRCH),EPERM$/,
  }),
);
