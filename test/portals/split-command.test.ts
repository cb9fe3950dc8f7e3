import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitCommand } from '../../core/portals/split-command.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

describe('words and quotes', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' \t ', []],
    ['aws', ['aws']],
    ['aws sso login', ['aws', 'sso', 'login']],
    ['  aws\t sso  ', ['aws', 'sso']],
    ["''", ['']],
    ['"" \'\'', ['', '']],
    ["'a b' c", ['a b', 'c']],
    ['"a b" c', ['a b', 'c']],
    ['a"b"\'c\'d', ['abcd']],
    ['a\\ b', ['a b']],
    ["\\'", ["'"]],
    ['\\\\', ['\\']],
    ["'a\\b'", ['a\\b']],
    [`'a"b'`, ['a"b']],
    [`"a'b"`, ["a'b"]],
    ['"\\"\\\\\\$\\`"', ['"\\$`']],
    ['"a\\b"', ['a\\b']],
    ["'a\nb'", ['a\nb']],
    ['"a\nb"', ['a\nb']],
    ['"a\tb"', ['a\tb']],
    ['"é" 日本 \u{1f600}', ['é', '日本', '\u{1f600}']],
  ])('%j is %j', (command, words) => {
    expect(splitCommand(command)).toEqual(words);
  });

  test.each([
    ['$HOME'],
    ['$\u007bHOME}'],
    ['"$HOME"'],
    ['~'],
    ['*'],
    ['?'],
    ['[a]'],
    ['{a,b}'],
    ['a=b'],
    ['#a'],
    ['!'],
  ])('%j is passed on as it is, since nothing is expanded', (command) => {
    expect(splitCommand(command)).toEqual([command.replaceAll('"', '')]);
  });

  test.each([["'a"], ['"a'], ["a 'b c"], ['"a\\"'], ['a\\']])('%j is refused as unfinished', (command) => {
    expect(() => splitCommand(command)).toThrow(
      expect.objectContaining({ code: 'invalid', message: expect.stringMatching(/^command: expected a/) }),
    );
  });

  test('a backslash before a line break joins the two lines, in double quotes as well', () => {
    expect(splitCommand('a\\\nb "c\\\nd"')).toEqual(['ab', 'cd']);
  });
});

/** What a shell would act on, and how the refusal names it. */
const OPERATORS = [
  [';', "';'"],
  ['|', "'|'"],
  ['||', "'||'"],
  ['&', "'&'"],
  ['&&', "'&&'"],
  ['<', "'<'"],
  ['<<', "'<<'"],
  ['<(', "'<'"],
  ['>', "'>'"],
  ['>>', "'>>'"],
  ['>|', "'>'"],
  ['2>&1', "'>'"],
  ['(', "'('"],
  [')', "')'"],
  ['`', "'`'"],
  ['$(', "'$('"],
  ['$((', "'$('"],
  ['\n', 'a line break'],
] as const;

describe.each(OPERATORS)('the operator %j', (operator, named) => {
  const refusal = expect.objectContaining({
    code: 'invalid',
    message: expect.stringContaining(`command: ${named} means something to a shell only`),
  });

  test.each([
    operator,
    `echo ${operator} id`,
    `echo${operator}id`,
    `echo a${operator}`,
    `echo 'a'${operator}"b"`,
  ])('is refused in %j', (command) => {
    expect(() => splitCommand(command)).toThrow(refusal);
  });

  test('is text in single quotes and behind backslashes', () => {
    expect(splitCommand(`echo 'a${operator}'`)).toEqual(['echo', `a${operator}`]);
    if (operator === '\n') return;
    const escaped = [...operator].map((character) => `\\${character}`).join('');
    expect(splitCommand(`echo a${escaped}`)).toEqual(['echo', `a${operator}`]);
  });

  test('in double quotes it is text, unless a shell acts on it even there', () => {
    const split = () => splitCommand(`echo "a${operator}b"`);
    if (['`', '$(', '$(('].includes(operator)) expect(split).toThrow(refusal);
    else expect(split()).toEqual(['echo', `a${operator}b`]);
  });
});

test('quoted words are split as sh splits them', () => {
  const plain = fc.constantFrom(...'abz09%+,-./:=@^_é日'.split(''));
  const anything = fc.constantFrom(...`ab \t\n;|&<>()$*?[]{}#~!%éx`.split(''));
  const single = fc.string({ unit: fc.constantFrom(...'ab "\\`$(\n;&é'.split('')), maxLength: 6 });
  const double = fc.array(
    fc.oneof(
      fc.constantFrom(..."ab ';|&<>()*\n\té".split('')),
      fc.constantFrom('\\"', '\\\\', '\\$', '\\`', '\\a', "\\'", '\\ '),
    ),
    { maxLength: 6 },
  );
  const piece = fc.oneof(
    plain,
    anything.filter((character) => character !== '\n').map((character) => `\\${character}`),
    single.map((text) => `'${text}'`),
    double.map((parts) => `"${parts.join('')}"`),
  );
  const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
  const blank = fc.constantFrom(' ', '\t', '  ');
  const command = fc
    .array(fc.tuple(word, blank), { minLength: 1, maxLength: 5 })
    .map((words) => words.flat().join(''));
  // Nothing for a pattern to match, so that sh leaves it as it is.
  const cwd = makeTemporaryDirectory();
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 40 }), (commands) => {
      const script = commands.map((line) => `printf '%s\\0' ${line}\nprintf '\\001'`).join('\n');
      const output = execFileSync('sh', ['-c', script], { cwd, encoding: 'utf8' });
      const bySh = output.split('\u0001').slice(0, -1);
      expect(commands.map((line) => `${splitCommand(line).join('\0')}\0`)).toEqual(bySh);
    }),
    { numRuns: 30 },
  );
});
