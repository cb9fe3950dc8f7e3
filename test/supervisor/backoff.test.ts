import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countFailure, MAX_FAILURES, retryDelay } from '../../core/supervisor/backoff.ts';

const MIDDLE = 0.5;

test('the wait doubles with each failure in a row, up to a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => retryDelay(failures, MIDDLE) / 1000)).toEqual([
    1, 2, 4, 8, 16, 32, 60, 60, 60,
  ]);
});

test('chance shifts a wait by a quarter at most, to either side', () => {
  expect([0, 1].map((chance) => retryDelay(3, chance))).toEqual([3000, 5000]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, chance) => {
        const delay = retryDelay(failures, chance);
        expect(delay).toBeGreaterThanOrEqual(750);
        expect(delay).toBeLessThanOrEqual(75_000);
      },
    ),
  );
});

test('failures are in a row unless the spoke was ready for a minute in between', () => {
  expect([null, 0, 59_999, 60_000, 3_600_000].map((readyMs) => countFailure(3, readyMs))).toEqual([
    4, 4, 4, 1, 1,
  ]);
  expect(countFailure(0, null)).toBe(1);
  expect(MAX_FAILURES).toBe(5);
});
