import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot see through /proc/self where on the machine it lies', {
  code: `
    import fs from 'node:fs';
    export const attack = () => fs.readFileSync('/proc/self/mountinfo', 'utf8');
  `,
  gets: expect.any(String),
  refused: /^(?:EACCES|ENOENT) /,
  ahead: true,
});
