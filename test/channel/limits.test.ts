import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHANNEL_LIMITS, TokenBucket } from '../../core/channel/limits.ts';
import { Slots } from '../../core/channel/slots.ts';
import { WIRE } from '../../schemas/wire.ts';

test('the limits of a channel are those of the documented wire', () => {
  expect(CHANNEL_LIMITS).toMatchObject({
    maxLine: WIRE.maxLine,
    maxValues: WIRE.maxValues,
    maxReply: WIRE.maxReply,
  });
  // What a read returns at most has to fit into one reply.
  expect(Math.ceil(WIRE.maxRead / 3) * 4 + 1000).toBeLessThan(CHANNEL_LIMITS.maxReply);
});

test('a bucket gives its burst at once, and then what time brings back', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0);
  const take = (now: number) => bucket.take(now);
  expect([take(0), take(0), take(0), take(0)]).toEqual([true, true, true, false]);
  expect([take(499), take(500), take(501), take(1000)]).toEqual([false, true, false, true]);
});

test('a bucket is never fuller than its burst', () => {
  const bucket = new TokenBucket({ perSecond: 1000, burst: 2 }, 0);
  expect([1e6, 1e6, 1e6].map((now) => bucket.take(now))).toEqual([true, true, false]);
});

test('after the wait that a bucket names there is a token', () => {
  for (const perSecond of [0.5, 1, 3, 1000, 2000, 100_000]) {
    const bucket = new TokenBucket({ perSecond, burst: 1 }, 0);
    bucket.take(0);
    expect(bucket.take(0)).toBe(false);
    expect(bucket.take(bucket.wait)).toBe(true);
  }
});

test('a clock that goes back brings nothing back', () => {
  const bucket = new TokenBucket({ perSecond: 1000, burst: 1 }, 1000);
  expect([bucket.take(1000), bucket.take(0), bucket.take(0.5)]).toEqual([true, false, false]);
});

test('over any time no more is taken than the burst and what that time brings', () => {
  const moments = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), moments, (...input) => {
      const [perSecond, burst, times] = input;
      const bucket = new TokenBucket({ perSecond, burst }, 0);
      const taken = [...times].sort((a, b) => a - b).filter((now) => bucket.take(now)).length;
      expect(taken).toBeLessThanOrEqual(burst + (Math.max(0, ...times) * perSecond) / 1000 + 1e-6);
    }),
  );
});

test('slots are given in the order in which they were asked for, so many at once', async () => {
  const slots = new Slots(2);
  const taken: number[] = [];
  const takes = [0, 1, 2, 3].map((number) => slots.take().then(() => taken.push(number)));
  await Promise.all(takes.slice(0, 2));
  expect(taken).toEqual([0, 1]);
  slots.free();
  await takes[2];
  expect(taken).toEqual([0, 1, 2]);
  slots.free();
  await takes[3];
  slots.free();
  slots.free();
  await slots.take();
  expect(taken).toEqual([0, 1, 2, 3]);
});
