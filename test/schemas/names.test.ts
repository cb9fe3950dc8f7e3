import { describe, expect, it } from 'vitest';
import { CLI_VERBS, isReservedName, spokeNameSchema } from '../../schemas/names.ts';

const accepted = (name: unknown) => spokeNameSchema.safeParse(name).success;

describe('the name of a spoke', () => {
  it.each(['a', 'creds', 'a1', 'a-', 'a--b', 'aws-spoke', `a${'x'.repeat(63)}`, 'constructor'])(
    'may be %s',
    (name) => {
      expect(accepted(name)).toBe(true);
    },
  );

  it.each([
    ['empty', ''],
    ['longer than 64 characters', `a${'x'.repeat(64)}`],
    ['begun with a digit', '1a'],
    ['begun with a hyphen', '-a'],
    ['of capitals', 'Creds'],
    ['with an underscore', 'a_b'],
    ['with a dot', 'a.b'],
    ['with a slash', 'a/b'],
    ['with a blank', 'a b'],
    ['ended by a newline', 'creds\n'],
    ['of letters that only look like ours', 'сreds'],
    ['* itself', '*'],
    ['__proto__', '__proto__'],
    ['a number', 1],
  ])('may not be %s', (_, name) => {
    expect(accepted(name)).toBe(false);
  });

  it.each(['system', 'core', 'axium', 'expect', ...CLI_VERBS])('may not be %s, which is reserved', (name) => {
    expect(accepted(name)).toBe(false);
    expect(isReservedName(name)).toBe(true);
  });
});
