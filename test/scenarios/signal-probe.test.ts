import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot even ask whether there are others that it may signal', {
  code: `
    export function attack({ parent }) {
      process.kill(parent, 0);
      return 'there';
    }
  `,
  aim: () => ({ target: { parent: process.pid } }),
  gets: 'there',
  refused: /^E(?:PERM|SRCH) /,
});
