import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack(
  'a spoke cannot have the kernel signal the daemon for it, as the owner of a pipe',
  native({
    code: `
      import { call } from './native.mjs';
      const [F_SETFL, F_SETOWN, F_SETSIG] = [4, 8, 10];
      const [O_ASYNC, O_NONBLOCK, SIGKILL] = [0x2000, 0x800, 9];
      export function attack({ pid }) {
        const pipe = Buffer.alloc(8);
        call('pipe2', pipe, O_NONBLOCK);
        const [reading, writing] = [pipe.readInt32LE(0), pipe.readInt32LE(4)];
        call('fcntl', reading, F_SETOWN, pid);
        call('fcntl', reading, F_SETSIG, SIGKILL);
        call('fcntl', reading, F_SETFL, O_ASYNC | O_NONBLOCK);
        return call('write', writing, 'x', 1);
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
    gets: 1,
    refused: /^E(?:PERM|SRCH) fcntl$/,
  }),
);
