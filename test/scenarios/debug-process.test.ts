import { describeAttack } from './support/attack.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack('a spoke cannot open the inspector of another Node with process._debugProcess', {
  code: `
    export function attack({ pid }) {
      process._debugProcess(pid);
      return 'sent';
    }
  `,
  async aim() {
    const { pid } = await startStandIn("process.on('SIGUSR1', () => {});console.log('up')");
    return { target: { pid } };
  },
  gets: 'sent',
  refused: /E(?:PERM|SRCH)|operation not permitted|no such process/i,
});
