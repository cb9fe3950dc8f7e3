import { expect, test } from 'vitest';
import { COMMANDS } from '../../cli/commands.ts';
import { CLI_VERBS } from '../../schemas/names.ts';
import { axium, makeWorld } from './support/cli.ts';

/** The verbs in the order of the table, each once. */
function verbsOf(group: string): string {
  const words = COMMANDS.filter(({ usage }) => usage.startsWith(group)).map(
    ({ usage }) => usage.slice(group.length).split(' ')[0],
  );
  return [...new Set(words)].join(', ');
}

test.each([
  [[], `expected one of: ${verbsOf('')}`],
  [['pign'], "unknown command 'pign'; did you mean ping?"],
  [['perms'], `expected one of: ${verbsOf('perms ')}`],
  [['perms', 'shwo'], "unknown command 'shwo'; did you mean show?"],
  [['perms', 'show'], "missing required argument 'spoke'"],
  [['perms', 'show', 'a', 'b'], "too many arguments for 'show'; expected 1 argument but got 2"],
  [['ping', '--jsno'], "unknown option '--jsno'; did you mean --json?"],
  [['notify', 'send'], "required option '--title <text>' not specified"],
  [['notify', 'send', '--titel', 'x'], "unknown option '--titel'; did you mean --title?"],
  [
    ['notify', 'send', '--title', 'x', '--level', 'loud'],
    "option '--level <level>' argument 'loud' is invalid; allowed choices are info, success, warning, error",
  ],
])('%j ends with 64 and one line that names the mistake and the help', async (words, message) => {
  const world = await makeWorld();
  const { code, stdout, stderr } = await axium(world, ...words);
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  expect(stderr).toMatch(/^[^\n]*\n$/);
  expect(stderr.startsWith(`axium: ${message}; see 'axium`)).toBe(true);
});

test('a count of lines that is none is a usage error', async () => {
  const world = await makeWorld();
  const { code, stderr } = await axium(world, 'daemon', 'logs', '-n', 'many');
  expect({ code, stderr }).toEqual({
    code: 64,
    stderr: 'axium: -n: expected a number of lines, like 50\n',
  });
});

test.each([[['--help']], [['help']], [['perms', '--help']], [['help', 'perms']], [['perms', 'show', '-h']]])(
  '%j prints help on stdout and ends with 0',
  async (words) => {
    const world = await makeWorld();
    const { code, stdout, stderr } = await axium(world, ...words);
    expect({ code, stderr, starts: stdout.startsWith('Usage: axium') }).toEqual({
      code: 0,
      stderr: '',
      starts: true,
    });
  },
);

test('no spoke can have the name of a command', () => {
  const verbs = COMMANDS.map(({ usage }) => usage.split(' ')[0]);
  expect(CLI_VERBS).toEqual(expect.arrayContaining(verbs));
});
