import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Anchor, matchesReal, matchesText } from '../../core/policy/match-path.ts';
import { indexRules } from '../../core/policy/rule-index.ts';
import { compileRights, manifestText } from '../support/rights.ts';

const name = fc.constantFrom('a', 'b', 'ab', 'c');
const segment = fc.oneof(
  { weight: 3, arbitrary: name },
  fc.constantFrom('*', '**', 'a*', '[ab]', '{a,b}', '?'),
);
const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const path = fc.array(name, { minLength: 0, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const anchors = fc
  .array(fc.tuple(path, path, fc.boolean()), { maxLength: 4 })
  .map(
    (links) =>
      new Map(
        links.map(([from, any, trusted]): [string, Anchor] => [
          from === '/' ? '' : from,
          { any, trusted: trusted ? any : null },
        ]),
      ),
  );

function rulesOf(patterns: readonly string[]) {
  const list = JSON.stringify([...new Set(patterns)]);
  return compileRights({ manifest: manifestText(`fs_read: ${list}`) }).policy.paths.fs_read;
}

it('of many rules exactly those that match are found, in their order, by either name and through links', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), path, path, anchors, (patterns, real, asked, links) => {
      const rules = rulesOf(patterns);
      const matching = (among: typeof rules) =>
        among.filter(
          (rule) => matchesReal(rule.pattern, real, links, 'any') || matchesText(rule.pattern, asked),
        );
      const covering = (among: typeof rules) =>
        among.filter((rule) => matchesReal(rule.pattern, real, links, 'trusted'));
      const index = indexRules(rules);
      expect(matching(index.candidates(links, real, asked))).toEqual(matching(rules));
      expect(covering(index.candidates(links, real))).toEqual(covering(rules));
    }),
    { numRuns: 1000 },
  );
});

it('of ten thousand rules only those are tried in whose literal part the path lies', () => {
  const rules = rulesOf([
    ...Array.from({ length: 5000 }, (_, number) => `/srv/${number}/*`),
    ...Array.from({ length: 4990 }, (_, number) => `/srv/${number}/file`),
    '/srv/**',
    '/**/file',
  ]);
  const tried = indexRules(rules).candidates(new Map(), '/srv/77/file');
  expect(tried.map(({ rule }) => rule.pattern)).toEqual(['/srv/77/*', '/srv/77/file', '/srv/**', '/**/file']);
});
