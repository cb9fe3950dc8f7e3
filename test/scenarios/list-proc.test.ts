import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot list the processes of the machine', {
  code: `
    import fs from 'node:fs';
    export const attack = () => fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  `,
  gets: expect.arrayContaining([String(process.pid)]),
  refused: /^(?:EACCES|ENOENT) /,
  ahead: true,
});
