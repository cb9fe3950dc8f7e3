import { mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import { writeTree } from '../support/spoke-directory.ts';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke in Python cannot read a file in the home of its user', {
  runtime: 'python',
  code: `
import os
def attack(target):
    return [os.listdir(target["home"]), open(target["home"] + "/.aws/credentials").read()]
`,
  aim(directory) {
    const home = `${directory}/home`;
    mkdirSync(home);
    writeTree(home, { '.aws/credentials': 'aws_secret_access_key = hunter2\n' });
    return { target: { home } };
  },
  gets: [['.aws'], expect.stringContaining('hunter2')],
  refused: /^(?:PermissionError|FileNotFoundError) /,
});
