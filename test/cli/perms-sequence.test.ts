import fc from 'fast-check';
import { test } from 'vitest';
import { runSequence, typed } from './support/perms-sequence.ts';
import { tunedWorld } from './support/tuned-world.ts';

const FILE = `# mine
weather: # about the weather
  fs_read:
    # one
    - ~/notes/a # why a
    - ~/notes/*.md
  # the rest
  exec: [git log ...] # careful
`;

test('a row of commands keeps every comment, changes rights by what it prints, and is undone byte for byte', async () => {
  const [random = []] = fc.sample(fc.array(typed, { minLength: 3, maxLength: 3 }), 1);
  const row = [
    ['deny', 'weather', 'exec', 'git push ...'],
    ['allow', 'weather', 'fs_read', '~/c'],
    ...random,
    ['undo'],
    ['undo'],
  ];
  await runSequence(await tunedWorld(), FILE, row);
}, 60_000);
