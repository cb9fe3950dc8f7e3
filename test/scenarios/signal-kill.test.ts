import { describeAttack } from './support/attack.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack('a spoke cannot end the daemon with any signal', {
  code: `
    export function attack({ pid }) {
      const refused = [];
      for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGTERM', 'SIGKILL']) {
        try {
          process.kill(pid, signal);
          return 'sent';
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
  gets: 'sent',
  refused: /(?:EPERM|ESRCH)(?:,(?:EPERM|ESRCH)){6}$/,
  ahead: true,
});
