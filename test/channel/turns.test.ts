import { expect, test } from 'vitest';
import type { Message } from '../../core/channel/message.ts';
import { Turns } from '../../core/channel/turns.ts';
import { makePair, ok, requests, settle } from './support/channel-pair.ts';

/** Turns of the event loop that the test makes, and the order in which steps were taken. */
function makeTurns() {
  const due: (() => number)[] = [];
  const taken: string[] = [];
  const turns = new Turns((call) => due.push(call));
  return {
    turns,
    taken,
    due,
    /** Somebody who has so many things ready, each of this weight. */
    join: (who: string, count: number, weight = 1) => {
      let left = count;
      turns.join(() => {
        if (left === 0) return 0;
        left -= 1;
        taken.push(who);
        return weight;
      });
    },
    /** Makes one turn, and tells who was taken in it. */
    turn: () => {
      due.shift()?.();
      return taken.splice(0).join('');
    },
  };
}

test('of those who have something ready each gets one, before anybody gets a second', () => {
  const { join, turn } = makeTurns();
  join('a', 4);
  join('b', 1);
  join('c', 2);
  expect(turn()).toBe('abcaca' + 'a');
});

test('who has more than a share goes on in the next turn, after what has come in meanwhile', () => {
  const { join, turn } = makeTurns();
  for (const who of 'abcd') join(who, 20);
  expect(turn()).toBe('abcd'.repeat(16));
  join('e', 1);
  expect(turn()).toBe(`abcde${'abcd'.repeat(3)}`);
  expect(turn()).toBe('');
});

test('each turn tells what was taken in it, by its weight', () => {
  const { join, due } = makeTurns();
  join('a', 3);
  join('b', 1, 5);
  expect(due.shift()?.()).toBe(8);
  join('c', 2);
  expect(due.shift()?.()).toBe(2);
});

test('one alone has the shares that nobody else wants, and no more', () => {
  const { join, turn } = makeTurns();
  join('a', 52);
  expect(turn()).toBe('a'.repeat(32));
  join('b', 1);
  expect(turn()).toBe(`ab${'a'.repeat(15)}`);
  expect(turn()).toBe('aaaa');
});

test('what weighs much uses up the share of its turn, and holds up nobody for a second time', () => {
  const { join, turn } = makeTurns();
  join('a', 3, 1000);
  join('b', 2);
  expect(turn()).toBe('abb');
  expect(turn()).toBe('a');
});

test('nothing is taken before the end of the turn in which it came, and one turn is waited for at a time', () => {
  const { join, taken, due, turn } = makeTurns();
  join('a', 1);
  join('b', 1);
  expect([taken, due.length]).toEqual([[], 1]);
  turn();
  expect(due).toHaveLength(0);
});

test('a channel with thousands of requests ready holds up another for a share of them', async () => {
  const order: string[] = [];
  const answer = (who: string) => (message: Message) => {
    order.push(who);
    return ok(message);
  };
  const turns = new Turns();
  const flood = makePair({ turns, answer: answer('flood') });
  const good = makePair({ turns, answer: answer('good') });
  flood.send(...requests(2000));
  await flood.until(() => flood.served.length > 0);
  const before = flood.served.length;
  good.send(...requests(1));
  await good.until(() => good.served.length === 1);
  expect(before).toBeLessThanOrEqual(32);
  // One share may have begun before the other's request was there, and it comes early in the next.
  expect(order.indexOf('good')).toBeLessThanOrEqual(before + 32 + 1);
  await flood.until(() => flood.received.length === 2000);
});

test('a line that is dear to read is paid for by the requests after it', async () => {
  const { send, served, until, clock } = makePair({
    limits: { perSecond: 10, burst: 50, msEach: 1 },
    answer: (message) => {
      // Reading it took 100 ms.
      if (message.id === 0) clock.advance(100);
      return ok(message);
    },
  });
  send({ id: 0, cmd: 'ping', more: 'x'.repeat(1024) }, ...requests(3).slice(1));
  await until(() => served.length === 1);
  await settle();
  expect(served).toHaveLength(1);
  // 50 tokens were there, 101 are spent; the time that it took brought one.
  expect(await clock.armed()).toBe(5100);
  clock.advance(5100);
  await until(() => served.length === 2);
});

test('a short line counts once, however long the machine took for it', async () => {
  const { send, served, until, clock } = makePair({
    limits: { perSecond: 10, burst: 3, msEach: 1 },
    answer: (message) => {
      clock.advance(100);
      return ok(message);
    },
  });
  send(...requests(3));
  await until(() => served.length === 3);
  expect(clock.waits()).toEqual([]);
});

test('a large answer is paid for by the requests after it', async () => {
  const { send, served, until, clock } = makePair({
    limits: { perSecond: 10, burst: 2, bytesEach: 100 },
    answer: (message) => ({ ...ok(message), data: 'x'.repeat(1000) }),
  });
  send(...requests(1));
  await until(() => served.length === 1);
  await settle();
  send({ id: 1, cmd: 'x' });
  expect(await clock.armed()).toBe(1000);
  clock.advance(1000);
  await until(() => served.length === 2);
});
