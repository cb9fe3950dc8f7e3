import { expect, it } from 'vitest';
import { onFirstUse } from '../../schemas/on-first-use.ts';

it('an entry is made when it is first asked for, once, and no other with it', () => {
  const made: string[] = [];
  const entry = (name: string) => () => {
    made.push(name);
    return { name };
  };
  const table = onFirstUse({ one: entry('one'), other: entry('other') });
  expect(Object.keys(table)).toEqual(['one', 'other']);
  expect(Object.hasOwn(table, 'one')).toBe(true);
  expect(Object.hasOwn(table, 'toString')).toBe(false);
  expect(made).toEqual([]);
  const first = table.one;
  expect(first).toEqual({ name: 'one' });
  expect(table.one).toBe(first);
  expect(made).toEqual(['one']);
  expect(Object.entries(table)).toEqual([
    ['one', { name: 'one' }],
    ['other', { name: 'other' }],
  ]);
});
