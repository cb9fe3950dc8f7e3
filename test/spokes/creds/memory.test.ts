import { expect, test } from 'vitest';
import { parseMemory } from '../../../spokes/creds/memory.mjs';

test('what was kept is recalled', () => {
  const memory = { profile: 'dev', validity: 'expired', refreshedFor: 5 };
  expect(parseMemory(JSON.stringify(memory))).toEqual(memory);
});

test('an expiry that is no number was none', () => {
  const text = '{"profile":"dev","validity":null,"refreshedFor":"soon"}';
  expect(parseMemory(text)).toEqual({ profile: 'dev', validity: null, refreshedFor: null });
});

test.each([
  [null],
  [''],
  ['null'],
  ['[]'],
  ['{"profile":1,"validity":"valid"}'],
  ['{"profile":"dev","validity":"good"}'],
])('%j is no memory', (text) => {
  expect(parseMemory(text)).toBeNull();
});
