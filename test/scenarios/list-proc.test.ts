import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot list the processes of the machine', {
  code: `
    import fs from 'node:fs';
    export const attack = () => {
      const names = fs.readdirSync('/proc');
      const processes = names.filter((name) => /^[0-9]+$/.test(name));
      if (processes.length === 0) throw new Error('there is only ' + names);
      return processes;
    };
  `,
  gets: expect.arrayContaining([String(process.pid)]),
  refused: /^(?:EACCES .*|ENOENT .*|.*there is only meminfo)$/,
  ahead: true,
});
