import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';
import { startStandIn } from './support/stand-in.ts';

describeAttack("a spoke cannot read the daemon's environment through /proc", {
  code: `
    import fs from 'node:fs';
    export const attack = ({ pid }) => fs.readFileSync('/proc/' + pid + '/environ', 'utf8');
  `,
  async aim() {
    const { pid } = await startStandIn("console.log('up')", { TOKEN: 'hunter2' });
    return { target: { pid } };
  },
  gets: expect.stringContaining('TOKEN=hunter2'),
  refused: /^(?:EACCES|ENOENT) /,
});
