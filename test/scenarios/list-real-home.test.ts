import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot list the home directory that this process has', {
  code: `
    import fs from 'node:fs';
    export const attack = ({ home }) => fs.readdirSync(home).length;
  `,
  impossible: () => (existsSync(homedir()) ? null : 'this user has no home directory'),
  aim: () => ({ target: { home: homedir() } }),
  gets: expect.any(Number),
  refused: /^(?:EACCES|ENOENT) /,
});
