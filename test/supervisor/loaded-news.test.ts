import { expect, test } from 'vitest';
import { LoadedNews } from '../../core/supervisor/loaded-news.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { createHandClock } from '../support/hand-clock.ts';

/** Spokes that the test has start and settle, and what was told, one entry for each time. */
function createNews() {
  const clock = createHandClock();
  let settle: (() => void)[] = [];
  let isStarting = false;
  const told: string[][] = [];
  const news = new LoadedNews({
    clock,
    allSettled: () => (isStarting ? new Promise((resolve) => settle.push(resolve)) : Promise.resolve()),
    tell: (loaded) => told.push(loaded.map(({ name }) => name)),
  });
  return {
    told,
    clock,
    waiting: () => settle.length,
    add: (name: string) => news.add({ name } as Manifest),
    begin: () => {
      isStarting = true;
    },
    async settleAll() {
      isStarting = false;
      for (const call of settle) call();
      settle = [];
      await Promise.resolve();
    },
  };
}

test('one that is ready is told of at once where no other is starting', async () => {
  const { told, add } = createNews();
  add('a');
  await Promise.resolve();
  add('b');
  await Promise.resolve();
  expect(told).toEqual([['a'], ['b']]);
});

test('those that start at once are told of together, in their order, once all of them are ready', async () => {
  const { told, add, begin, settleAll, clock } = createNews();
  begin();
  for (const name of ['a', 'b', 'c']) add(name);
  await Promise.resolve();
  expect(told).toEqual([]);
  await settleAll();
  expect(told).toEqual([['a', 'b', 'c']]);
  clock.advance(60_000);
  expect(told).toEqual([['a', 'b', 'c']]);
});

test('one that takes long keeps the others waiting for a second, and is told of by itself', async () => {
  const { told, add, begin, settleAll, clock } = createNews();
  begin();
  add('a');
  clock.advance(600);
  add('b');
  clock.advance(399);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual([['a', 'b']]);
  add('slow');
  await settleAll();
  expect(told).toEqual([['a', 'b'], ['slow']]);
});

test('however many become ready while one never settles, they are told of each second, and wait for one thing alone', async () => {
  const { told, add, begin, settleAll, clock, waiting } = createNews();
  begin();
  for (const name of ['a', 'b', 'c']) {
    add(name);
    expect(clock.waits()).toHaveLength(1);
    clock.advance(1000);
  }
  expect([told, waiting(), clock.waits()]).toEqual([[['a'], ['b'], ['c']], 1, []]);
  add('d');
  await settleAll();
  expect([told.at(-1), clock.waits()]).toEqual([['d'], []]);
  add('e');
  await Promise.resolve();
  expect(told.at(-1)).toEqual(['e']);
});
