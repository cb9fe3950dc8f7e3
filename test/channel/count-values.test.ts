import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasMoreValues } from '../../core/channel/count-values.ts';

/** Values of what was parsed, itself counted, and an empty list or object as two. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const parts: readonly unknown[] = Object.values(value);
  return parts.length === 0 ? 2 : parts.reduce((sum: number, part) => sum + valuesIn(part), 1);
}

test('values are counted as they are parsed, whatever is in their texts', () => {
  const awkward = fc.constantFrom('"', '\\', '\\"', ',', '[', '{', '\\\\"', '\u2028', 'é');
  const text = fc.array(fc.oneof(awkward, fc.string()), { maxLength: 6 }).map((parts) => parts.join(''));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      fc.array(tie('tree'), { maxLength: 5 }),
      fc.dictionary(text, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 1), (value, indent) => {
      const line = JSON.stringify([value], null, indent);
      const values = valuesIn(JSON.parse(line));
      expect([hasMoreValues(line, values - 1), hasMoreValues(line, values)]).toEqual([true, false]);
    }),
  );
});

test('what is no JSON is counted up to where a parser would have stopped', () => {
  for (const text of ['', '"', '"\\', '"\\"', '[', 'x"', '["a\\\\","b]']) {
    expect(hasMoreValues(text, 3)).toBe(false);
  }
  expect(hasMoreValues('[[[', 3)).toBe(true);
  expect(hasMoreValues('"a"[[[', 3)).toBe(true);
});
