import { describeAttack } from './support/attack.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack('a spoke cannot open the inspector of another Node with SIGUSR1', {
  code: `
    export function attack({ pid }) {
      process.kill(pid, 'SIGUSR1');
      return 'sent';
    }
  `,
  async aim() {
    // A thread of its own opens the inspector, and nobody is told when it has not: it gets a second.
    const standIn = await startStandIn(
      "process.on('SIGUSR2', () => setTimeout(() => process.stderr.write('done\\n'), 1000));console.log('up')",
    );
    return {
      target: { pid: standIn.pid },
      async harmed() {
        // A second signal, which comes after the first.
        standIn.child.kill('SIGUSR2');
        await standIn.says(/done/);
        return /Debugger listening|Starting inspector/.test(standIn.said());
      },
    };
  },
  gets: 'sent',
  refused: /^E(?:PERM|SRCH) /,
});
