import { mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import { writeTree } from '../support/spoke-directory.ts';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot read a file in the home of its user', {
  code: `
    import fs from 'node:fs';
    export const attack = ({ home }) => [fs.readdirSync(home), fs.readFileSync(home + '/.aws/credentials', 'utf8')];
  `,
  aim(directory) {
    const home = `${directory}/home`;
    mkdirSync(home);
    writeTree(home, { '.aws/credentials': 'aws_secret_access_key = hunter2\n' });
    return { target: { home } };
  },
  gets: [['.aws'], expect.stringContaining('hunter2')],
  refused: /^(?:EACCES|ENOENT) /,
  ahead: true,
});
