import { runInThisContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { createStepCounter } from '../support/count-steps.ts';

/**
 * Manifests are hostile input, and a pattern at the caps must not cost more than in proportion to the path. What is
 * compared is the number of steps, not time: twice the path may take twice the steps, and not four times.
 */
const counter = await createStepCounter((url) =>
  /minimatch|glob-match|brace-expansion|core\/policy/.test(url),
);
const { compilePath, matchesText, PATTERN_CAPS } = await import('../../core/policy/match-path.ts');
const { compileLayer, MAX_PATTERNS } = await import('../../core/policy/layer.ts');

afterAll(() => counter.close());

async function stepsToMatch(pattern: string, path: string): Promise<number> {
  const compiled = compilePath(pattern, { home: '/home/ada' });
  if (!('ok' in compiled)) throw new Error(`'${pattern}' does not compile`);
  matchesText(compiled.ok, path);
  return counter.count(() => matchesText(compiled.ok, path));
}

const { wildcardsPerSegment } = PATTERN_CAPS;
const long = (unit: string, length: number) => `/${unit.repeat(Math.floor(length / unit.length))}`;

describe('twice the path takes at most about twice the steps', () => {
  it.each<[string, string, (length: number) => string]>([
    ['stars that all match', `/${'*a'.repeat(wildcardsPerSegment)}`, (n) => long('a', n)],
    ['stars before a set that never comes', `/${'a*'.repeat(14)}[bc]*a`, (n) => long('a', n)],
    ['sets and stars', `/${'[ab]*'.repeat(7)}[cd]*b`, (n) => long('ab', n)],
    ['question marks and stars', `/${'?*'.repeat(7)}[cd]?`, (n) => long('ab', n)],
    ['as many ** as are allowed', '/**/[ab]/**/[ab]/**/[cd]/**/a', (n) => `${long('a/', n - 1)}a`],
    [
      '** before what almost matches everywhere',
      '/**/[ab]/a/[ab]/**/a/[ab]/a/**/[ab]/a/[cd]/**/a',
      (n) => `${long('a/', n - 1)}a`,
    ],
    ['** with stars between them', '/**/*[ab]*/**/*a*/**/*[cd]*/**/a', (n) => `${long('aa/', n - 1)}a`],
    [
      'a segment full of stars after each **',
      `/**/${'*a'.repeat(15)}/**/${'*a'.repeat(15)}[bc]/**/a/**/a`,
      (n) => `${long(`${'a'.repeat(30)}/`, n - 1)}a`,
    ],
    ['as many braces as are allowed', `/${'{a,b}'.repeat(8)}*[cd]a`, (n) => long('a', n)],
    [
      '** and braces',
      `/${'{a,b}'.repeat(8)}/**/[ab]/**/[ab]/**/[cd]/**/a`,
      (n) => `${long('aaaaaaaa/', n)}a/a/a/a`,
    ],
  ])('%s', async (_, pattern, path) => {
    const [one, two, four] = [
      await stepsToMatch(pattern, path(1000)),
      await stepsToMatch(pattern, path(2000)),
      await stepsToMatch(pattern, path(4000)),
    ];
    // Otherwise the library tells without looking, and this row measures nothing.
    expect(four).toBeGreaterThan(one);
    expect(two).toBeLessThan(2.2 * one);
    expect(four).toBeLessThan(2.2 * two);
  });
});

it('work that is not in proportion would be seen', async () => {
  const quadratic = runInThisContext('(n) => { for (let i = 0; i < n; i++) for (let j = 0; j < n; j++); }', {
    filename: 'core/policy/quadratic.js',
  });
  const one = await counter.count(() => quadratic(100));
  const two = await counter.count(() => quadratic(200));
  expect(two).toBeGreaterThan(3.8 * one);
});

describe('a file that names too much is refused before it is compiled', () => {
  const entry = (index: number) => `/${'{a,b}'.repeat(8)}*${index}`;
  const steps = (entries: number) =>
    counter.count(() => {
      compileLayer({
        block: { fs_read: Array.from({ length: entries }, (_, index) => entry(index)) },
        source: 'base',
        locate: () => ({ file: 'spoke.yaml', line: 1, column: 1 }),
        expansion: { home: '/home/ada' },
      });
    });

  it('what goes over the cap costs no more than what fills it', async () => {
    const full = Math.floor(MAX_PATTERNS / 256);
    const atCap = await steps(full);
    const over = await steps(4 * full);
    expect(over).toBeLessThan(1.5 * atCap);
  });
});
