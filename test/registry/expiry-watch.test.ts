import { expect, test } from 'vitest';
import type { Policy } from '../../core/policy/policy.ts';
import { watchExpiries } from '../../core/registry/expiry-watch.ts';
import { createHandClock } from '../support/hand-clock.ts';
import { NOW } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';

const HOUR = 3_600_000;

function expiring(...hours: readonly number[]): Policy {
  const entries = hours.map(
    (hour) => `{path: ~/${hour}, expires: '${new Date(NOW + hour * HOUR).toISOString()}'}`,
  );
  return compileRights({ manifest: manifestText(`fs_read: [${entries.join(', ')}]`) }).policy;
}

/** A watch on policies, with a clock whose time of day can be set and with every call on record. */
function watching(policies: readonly Policy[]) {
  const hand = createHandClock();
  let set = 0;
  let counting = policies;
  const called: number[] = [];
  const now = () => hand.now() + set;
  const watch = watchExpiries({
    clock: { ...hand, now },
    policies: () => counting,
    onExpiry: () => called.push((now() - NOW) / HOUR),
  });
  watch.rearm();
  return {
    ...watch,
    hand,
    called,
    set(ms: number) {
      set = ms;
    },
    change(next: readonly Policy[]) {
      counting = next;
      watch.rearm();
    },
  };
}

test('each expiry is told at its time, and once', () => {
  const { hand, called } = watching([expiring(1, 3), expiring(2)]);
  hand.advance(4 * HOUR);
  expect(called).toEqual([1, 2, 3]);
});

test('without an expiry that is still to come nothing is waited for', () => {
  const { hand, change } = watching([expiring(-1)]);
  expect(hand.waits()).toEqual([]);
  change([expiring(1)]);
  expect(hand.waits()).toHaveLength(1);
  change([]);
  expect(hand.waits()).toEqual([]);
});

test('after a clock that was set forward, or a sleep that no timer saw, it is told within 15 seconds', () => {
  const { hand, called, set } = watching([expiring(8)]);
  set(9 * HOUR);
  hand.advance(15_000);
  expect(called).toHaveLength(1);
});

test('a clock that is set back makes it no sooner', () => {
  const { hand, called, set } = watching([expiring(1)]);
  set(-HOUR);
  hand.advance(HOUR);
  expect(called).toEqual([]);
  hand.advance(HOUR);
  expect(called).toEqual([1]);
});

test('once it is closed nothing is told or waited for', () => {
  const { hand, called, close, rearm } = watching([expiring(1)]);
  close();
  rearm();
  hand.advance(2 * HOUR);
  expect([called, hand.waits()]).toEqual([[], []]);
});
