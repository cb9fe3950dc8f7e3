import fc from 'fast-check';
import { expect, test } from 'vitest';
import { showText, showWords } from '../../core/approvals/show-words.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 20 });
const anyWords = fc.array(anyText, { minLength: 1, maxLength: 5 });

test.each([
  [['/usr/bin/git', 'log', '--oneline'], '/usr/bin/git log --oneline'],
  [['/bin/echo', ''], "/bin/echo ''"],
  [['/bin/echo', 'a b'], "/bin/echo 'a b'"],
  [['/bin/echo', "it's"], "/bin/echo 'it'\\''s'"],
  [['/bin/echo', 'a\\b'], "/bin/echo 'a\\\\b'"],
  [['/bin/echo', 'a\nrm -rf /'], "/bin/echo 'a\\nrm -rf /'"],
  [['/bin/echo', '\u001b[2K\r'], "/bin/echo '\\u001b[2K\\r'"],
  [['/bin/echo', 'a\u202egnp.exe'], "/bin/echo 'a\\u202egnp.exe'"],
  [['/bin/echo', 'a   b'], "/bin/echo 'a \\u0020\\u0020b'"],
  [['/bin/echo', 'a\u00a0\u2003b'], "/bin/echo 'a\\u00a0\\u2003b'"],
])('%j is shown as %s', (words, shown) => {
  expect(showWords(words)).toBe(shown);
});

test('nothing that is shown can be acted on or hidden by a terminal, or be pushed out of sight by blanks', () => {
  fc.assert(
    fc.property(anyWords, (words) => {
      expect(showWords(words)).not.toMatch(
        /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|[^\P{Z} ]| {2}/u,
      );
    }),
  );
});

test('two commands that differ are never shown alike', () => {
  const simple = fc.array(
    fc.string({ unit: fc.constantFrom("'", '\\', ' ', 'u', '0', 'a', '\n'), maxLength: 6 }),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  const pair = fc.oneof(fc.tuple(anyWords, anyWords), fc.tuple(simple, simple));
  fc.assert(
    fc.property(pair, ([one, other]) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      expect(showWords(one)).not.toBe(showWords(other));
    }),
    { numRuns: 2000 },
  );
});

test('a path is shown by the same rules', () => {
  expect(showText('/tmp/a\u202e  b')).toBe('/tmp/a\\u202e \\u0020b');
});
