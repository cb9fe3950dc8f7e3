import { expect, test } from 'vitest';
import { Rates } from '../../core/executor/rates.ts';
import { Seen } from '../../core/executor/seen.ts';

test('so many are let through within any such stretch of time, and what is refused takes nothing', () => {
  let now = 0;
  const rates = new Rates(() => now);
  const take = () => rates.take([['a', { count: 2, per: 100 }]]);
  expect([take(), take(), take()]).toEqual([true, true, false]);
  now = 99;
  expect(take()).toBe(false);
  now = 100;
  expect([take(), take(), take()]).toEqual([true, true, false]);
});

test('what one of two counts refuses counts for neither', () => {
  const rates = new Rates(() => 0);
  const both = [
    ['small', { count: 1, per: 100 }],
    ['large', { count: 2, per: 100 }],
  ] as const;
  expect([rates.take(both), rates.take(both)]).toEqual([true, false]);
  expect(rates.take([['large', { count: 2, per: 100 }]])).toBe(true);
});

test('what one uid has asked says nothing of another, and only the newest ids are kept', () => {
  const seen = new Seen();
  seen.add(1, 'first');
  expect([seen.has(1, 'first'), seen.has(2, 'first')]).toEqual([true, false]);
  for (let n = 0; n < 4096; n += 1) seen.add(1, `more-${n}`);
  expect([seen.has(1, 'first'), seen.has(1, 'more-0'), seen.has(1, 'more-4095')]).toEqual([
    false,
    true,
    true,
  ]);
});
