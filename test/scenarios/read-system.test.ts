import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot read the files of the system that everyone may read', {
  code: `
    import fs from 'node:fs';
    export const attack = () => fs.readFileSync('/etc/passwd', 'utf8');
  `,
  gets: expect.stringContaining('root:'),
  refused: /^(?:EACCES|ENOENT) /,
  ahead: true,
});
