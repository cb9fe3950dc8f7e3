import fc from 'fast-check';
import { minimatch } from 'minimatch';
import { expect, it } from 'vitest';
import { compilePath, escapePath, matchesReal } from '../../core/policy/match-path.ts';

/** The options that are documented, given to the library as anybody would. */
const OPTIONS = { dot: true, nonegate: true, nocomment: true, noext: true, braceExpandMax: 256 };
const NO_LINKS = new Map();

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    '.',
    'ab',
    '*',
    '?',
    '[ab]',
    '[!a]',
    '[a-c]',
    '[[:alpha:]]',
    '{a,b}',
    '{a,b*}',
    '{1..3}',
    '\\*',
  ],
  ...['\\[', '!', '#', '+(a|b)', '@(a)', '1', 'é', '😀', ' ', ',', '$', '}', '{', ']'],
);
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')) },
  fc.constant('**'),
);
const pattern = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
const name = fc
  .array(fc.constantFrom('a', 'b', 'c', '.', '*', '[', '1', '2', '!', '#', '{a,b}', 'é', '😀', ' ', '$'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((characters) => characters.join(''))
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => `/${names.join('/')}`);

it('a pattern matches what minimatch says it matches, where no links are in the way', () => {
  fc.assert(
    fc.property(pattern, path, (text, real) => {
      const compiled = compilePath(text, { home: '/home/ada' });
      fc.pre('ok' in compiled);
      const matched = matchesReal(compiled.ok, real, NO_LINKS, 'trusted');
      expect(matched).toBe(minimatch(real, text, OPTIONS));
    }),
    { numRuns: 2000 },
  );
});

it('a path, escaped, is a pattern that minimatch matches with it alone', () => {
  fc.assert(
    fc.property(path, path, (one, other) => {
      expect(minimatch(other, escapePath(one), OPTIONS)).toBe(one === other);
    }),
    { numRuns: 1000 },
  );
});

it('compiling and matching never throw, whatever the text is', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    pattern.map((text) => `${text}[`),
    pattern,
  );
  fc.assert(
    fc.property(anything, fc.string({ unit: 'binary', maxLength: 60 }), (text, target) => {
      const compiled = compilePath(`/${text}`, { home: '/home/ada', env: { a: '/x' } });
      const answer = 'ok' in compiled ? matchesReal(compiled.ok, `/${target}`, NO_LINKS, 'any') : compiled;
      expect(answer).toSatisfy((value) => typeof value === 'boolean' || Object.keys(value).length === 1);
    }),
    { numRuns: 1500 },
  );
});
