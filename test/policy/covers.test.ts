import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversCommand, coversPath } from '../../core/policy/covers.ts';
import { type CommandPattern, compileCommand, matchesCommand } from '../../core/policy/match-command.ts';
import { compilePath, matchesText, type PathPattern } from '../../core/policy/match-path.ts';
import { commandPattern, pathPattern, realPath } from '../support/arbitrary-rights.ts';
import { commandTarget } from '../support/queries.ts';

function path(text: string): PathPattern {
  const compiled = compilePath(text, { home: '/home/ada' });
  if (!('ok' in compiled)) throw new Error(text);
  return compiled.ok;
}

function command(text: string): CommandPattern {
  const compiled = compileCommand(text);
  if (!('ok' in compiled)) throw new Error(text);
  return compiled.ok;
}

describe('one pattern covers another', () => {
  it.each([
    ['~/a', '~/a', true],
    ['~/*', '~/a', true],
    ['~/a/**', '~/a/b/*', true],
    ['~/a/**', '~/a/*', true],
    ['~/a/**', '~/a', false],
    ['~/a/*', '~/a/b/c', false],
    ['~/a/*', '~/a/b*', false],
    ['~/a/**', '~/{a/b,c}', false],
  ])('%s and %s: %s', (wide, narrow, covers) => {
    expect(coversPath(path(wide), path(narrow))).toBe(covers);
  });

  it.each([
    ['git ...', 'git log', true],
    ['git ...', 'git log ...', true],
    ['git * ...', 'git log -3', true],
    ['git log', 'git log ...', false],
    ['git log ...', 'git ...', false],
    ['git *', 'git log', true],
    ['git', 'aws', false],
  ])('%s and %s: %s', (wide, narrow, covers) => {
    expect(coversCommand(command(wide), command(narrow))).toBe(covers);
  });

  it('is said only where whatever the narrow one matches is matched by the wide one', () => {
    fc.assert(
      fc.property(pathPattern, pathPattern, realPath, (wide, narrow, real) => {
        if (coversPath(path(wide), path(narrow)) && matchesText(path(narrow), real))
          expect(matchesText(path(wide), real)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    const argv = fc.tuple(
      fc.constantFrom('/usr/bin/aws', '/usr/bin/git', '/tmp/x/aws'),
      fc.array(fc.constantFrom('sso', 'log', '-3'), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(commandPattern, commandPattern, argv, (wide, narrow, [program, rest]) => {
        const target = commandTarget([program, ...rest]);
        if (coversCommand(command(wide), command(narrow)) && matchesCommand(command(narrow), target))
          expect(matchesCommand(command(wide), target)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
