import { expect, test } from 'vitest';
import { expiresBetween, expiriesOf, nextExpiry } from '../../core/policy/expiry.ts';
import { NOW } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';

const HOUR = 3_600_000;
const { policy } = compileRights({
  manifest: manifestText('exec: [{command: git log, expires: 2030-01-01T04:00:00Z}]\nfs_write: [~/stays]'),
  overrides: [
    'creds:',
    '  fs_read: [{path: ~/a, expires: 2030-01-01T01:00:00Z}, {path: ~/b, expires: 2030-01-01T01:00:00Z}]',
    '  deny: {fs_write: [{path: ~/c, expires: 2030-01-01T02:00:00Z}]}',
    '  ask: {exec: [{command: rm, expires: 2030-01-01T03:00:00Z}]}',
  ].join('\n'),
});

test('the expiries of every kind of entry are known, each moment once', () => {
  expect(expiriesOf(policy).map((at) => (at - NOW) / HOUR)).toEqual([1, 2, 3, 4]);
});

test('the next expiry is the first that is still to come', () => {
  expect(nextExpiry([policy], NOW)).toBe(NOW + HOUR);
  expect(nextExpiry([policy], NOW + HOUR)).toBe(NOW + 2 * HOUR);
  expect(nextExpiry([policy], NOW + 4 * HOUR)).toBeNull();
  expect(nextExpiry([], NOW)).toBeNull();
});

test('a rule counts before its moment and not from then on, whichever way the clock goes', () => {
  expect(expiresBetween([policy], NOW, NOW + HOUR - 1)).toBe(false);
  expect(expiresBetween([policy], NOW, NOW + HOUR)).toBe(true);
  expect(expiresBetween([policy], NOW + HOUR, NOW)).toBe(true);
  expect(expiresBetween([policy], NOW + HOUR, NOW + 2 * HOUR - 1)).toBe(false);
});
