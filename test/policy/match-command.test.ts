import { describe, expect, it } from 'vitest';
import { compileCommand, matchesCommand } from '../../core/policy/match-command.ts';
import { commandTarget } from '../support/queries.ts';

function covers(pattern: string, argv: readonly string[]): boolean {
  const compiled = compileCommand(pattern);
  if (!('ok' in compiled)) throw new Error(`'${pattern}' does not compile: ${compiled.problem}`);
  return matchesCommand(compiled.ok, commandTarget(argv));
}

describe('a command pattern is compared word by word with what would run', () => {
  it.each<[string, boolean, string[]]>([
    ['aws sso login', true, ['/usr/bin/aws', 'sso', 'login']],
    ['aws  sso   login', true, ['/usr/bin/aws', 'sso', 'login']],
    ['aws sso login', false, ['/usr/bin/aws', 'sso']],
    ['aws sso login', false, ['/usr/bin/aws', 'sso', 'login', '--profile']],
    ['aws sso login', false, ['/usr/bin/aws', 'sso login']],
    ['aws sso login', false, ['/usr/bin/aws', 'SSO', 'login']],
    ['aws', true, ['/usr/bin/aws']],
    ['aws', false, ['/usr/bin/aws', '']],
    ['aws', false, ['/tmp/x/aws']],
    ['aws', false, ['/usr/bin/awscli']],
    ['/usr/bin/aws', true, ['/usr/bin/aws']],
    ['/usr/bin/aws', false, ['/tmp/x/aws']],
    ['/tmp/x/aws sso', true, ['/tmp/x/aws', 'sso']],
    ['git show *', true, ['/usr/bin/git', 'show', 'HEAD']],
    ['git show *', true, ['/usr/bin/git', 'show', '']],
    ['git show *', true, ['/usr/bin/git', 'show', 'two words']],
    ['git show *', false, ['/usr/bin/git', 'show']],
    ['git show *', false, ['/usr/bin/git', 'show', 'a', 'b']],
    ['git * --stat', true, ['/usr/bin/git', 'log', '--stat']],
    ['git show H*', false, ['/usr/bin/git', 'show', 'HEAD']],
    ['git show H*', true, ['/usr/bin/git', 'show', 'H*']],
    ['git log ...', true, ['/usr/bin/git', 'log']],
    ['git log ...', true, ['/usr/bin/git', 'log', '-3', '--', 'a b']],
    ['git log ...', false, ['/usr/bin/git']],
    ['git log ...', false, ['/usr/bin/git', 'logs']],
    ['git ...', true, ['/usr/bin/git']],
    ['git * ...', true, ['/usr/bin/git', 'push', '--force']],
    ['git * ...', false, ['/usr/bin/git']],
  ])('%s: %s for %j', (pattern, covered, argv) => {
    expect(covers(pattern, argv)).toBe(covered);
  });
});

describe('a command pattern is an error', () => {
  it.each([
    ['that is empty', ''],
    ['of blanks', '   '],
    ['without a program', '...'],
    ['with a wildcard for a program', '* login'],
    ['with a wildcard in the program', 'aw* login'],
    ["with '...' before its end", 'git ... log'],
    ['with a relative path for a program', './aws'],
    ['with a path below the current directory', 'bin/aws'],
    ['with a tab', 'aws\tsso'],
    ['with a newline', 'aws sso\nlogin'],
    ['with a NUL', 'aws\0'],
    ['that is too long', 'a'.repeat(1025)],
  ])('%s', (_, text) => {
    expect(compileCommand(text)).toEqual({ problem: expect.stringMatching(/^expected /) });
  });

  it('at 1,024 characters it is none yet', () => {
    expect(compileCommand('a'.repeat(1024))).toHaveProperty('ok');
  });
});
