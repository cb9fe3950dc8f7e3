import { expect, test } from 'vitest';
import { KeptFresh } from '../core/kept-fresh.ts';
import { createHandClock } from './support/hand-clock.ts';

/** Looks that end when the test says so, each with its number. */
function looks() {
  const begun: { readonly end: () => void; readonly fail: () => void }[] = [];
  const look = () =>
    new Promise<number>((resolve, reject) => {
      const number = begun.length + 1;
      begun.push({ end: () => resolve(number), fail: () => reject(new Error(`look ${number}`)) });
    });
  const clock = createHandClock();
  return { begun, clock, kept: new KeptFresh(clock, 1000, look) };
}

test('no answer is older than it may be, and one look is enough for all who ask meanwhile', async () => {
  const { begun, clock, kept } = looks();
  const [first, second] = [kept.get(), kept.get()];
  expect(begun).toHaveLength(1);
  clock.advance(400);
  begun[0]?.end();
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  expect(kept.get()).toBe(1);
  // Its look began then, whenever it ended.
  clock.advance(600);
  const next = kept.get();
  expect(begun).toHaveLength(2);
  begun[1]?.end();
  expect(await next).toBe(2);
});

test('who asks again and again waits for no look: the next one is begun early', async () => {
  const { begun, clock, kept } = looks();
  const first = kept.get();
  begun[0]?.end();
  await first;
  clock.advance(499);
  expect([kept.get(), begun.length]).toEqual([1, 1]);
  clock.advance(1);
  expect([kept.get(), begun.length]).toEqual([1, 2]);
  begun[1]?.end();
  await Promise.resolve();
  await Promise.resolve();
  clock.advance(500);
  expect([kept.get(), begun.length]).toEqual([2, 3]);
});

test('a look that hangs is waited for and no further one is begun', async () => {
  const { begun, clock, kept } = looks();
  const first = kept.get();
  clock.advance(60_000);
  const later = kept.get();
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  expect(await Promise.all([first, later])).toEqual([1, 1]);
  expect(kept.get()).toBeInstanceOf(Promise);
});

test('a look that fails fails for who waits for it, and the next one is another', async () => {
  const { begun, kept } = looks();
  const first = kept.get();
  begun[0]?.fail();
  await expect(first).rejects.toThrow('look 1');
  const second = kept.get();
  begun[1]?.end();
  expect(await second).toBe(2);
});
