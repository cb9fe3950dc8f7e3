import { expect, test } from 'vitest';
import { type Call, COMMANDS, type CommandRow } from '../../cli/commands.ts';
import { plainCall } from '../../cli/plain-call.ts';
import { buildProgram } from '../../cli/program.ts';

type Called = { readonly row: CommandRow; readonly call: Call };

/** What the parser of the command line makes of words; null where it refuses them. */
async function parsed(words: readonly string[]): Promise<Called | null> {
  let called: Called | null = null;
  const program = buildProgram(COMMANDS, async (row, call) => {
    called = { row, call };
  });
  program.configureOutput({ writeOut: () => {} });
  await program.parseAsync(words, { from: 'user' }).catch(() => {});
  return called;
}

/** Each command with no argument up to one too many, with and without --json. */
const CALLS = COMMANDS.flatMap(({ usage }) => {
  const names = usage.split(' ').filter((word) => /^[a-z]/.test(word));
  return ['', 'a', 'a /b', 'a b c', 'a b c d'].flatMap((args) =>
    ['', '--json'].map((json) => [...names, ...args.split(' '), json].filter((word) => word !== '')),
  );
});

test('what is called without the parser is what the parser would have called', async () => {
  let plain = 0;
  for (const words of CALLS) {
    const called = plainCall(COMMANDS, words);
    if (called === null) continue;
    plain += 1;
    expect(called, words.join(' ')).toEqual(await parsed(words));
  }
  expect(plain).toBeGreaterThan(COMMANDS.length);
});

test.each([
  [[]],
  [['help']],
  [['--help']],
  [['--version']],
  [['--json']],
  [['nosuch']],
  [['perms']],
  [['perms', 'help']],
  [['spoke', 'help', 'list']],
  [['perms', 'show']],
  [['perms', 'show', '']],
  [['perms', 'show', '--json', 'a']],
  [['perms', 'show', '-x']],
  [['perms', 'show', 'a', '--', '--json']],
  [['notify', 'send']],
  [['daemon', 'stop', '--json']],
  [['exec', 'ls', 'a']],
  [['audit', 'tail', '-n', '5']],
])('%j is left to the parser', (words) => {
  expect(plainCall(COMMANDS, words)).toBe(null);
});
