import { describe, expect, test } from 'vitest';
import type { Message } from '../../core/channel/message.ts';
import { heldAnswers, makePair, ok, requests, settle } from './support/channel-pair.ts';

test('no more requests are worked on at once than the limit, and the others wait', async () => {
  const { answer, give } = heldAnswers();
  const { send, served, until, received } = makePair({ limits: { inFlight: 3 }, answer });
  send(...requests(10));
  await until(() => served.length === 3);
  await settle();
  expect(served).toHaveLength(3);
  give();
  await until(() => served.length === 4);
  await settle();
  expect(served.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  for (let left = 0; left < 10; left += 1) {
    give();
    await settle();
  }
  expect(received.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('answers go out when they are there, not in the order of the requests', async () => {
  const { send, received, until } = makePair({
    answer: async (message) => {
      if (message.id === 0) await settle();
      return ok(message);
    },
  });
  send(...requests(3));
  await until(() => received.length === 3);
  expect(received.map(({ id }) => id)).toEqual([1, 2, 0]);
});

describe('heavy requests', () => {
  test('are worked on so many at once, and do not hold up the others', async () => {
    const { answer, give } = heldAnswers();
    const { send, served, until } = makePair({ limits: { heavyInFlight: 2 }, answer });
    send(...requests(5, 'heavy'), ...requests(5, 'light'));
    await until(() => served.length === 7);
    await settle();
    const heavy = () => served.filter(({ cmd }) => cmd === 'heavy');
    expect(heavy().map(({ id }) => id)).toEqual([0, 1]);
    give('heavy');
    await until(() => served.length === 8);
    await settle();
    expect(heavy().map(({ id }) => id)).toEqual([0, 1, 2]);
  });

  test('are over only when the spoke has read the answer', async () => {
    const big = (message: Message) => ({ ...ok(message), data: 'x'.repeat(200_000) });
    const { send, served, until, read, received } = makePair({
      limits: { heavyInFlight: 1, unread: 1e9 },
      answer: big,
      reading: false,
    });
    send(...requests(3, 'heavy'), { id: 9, cmd: 'light' });
    await until(() => served.length === 2);
    await settle();
    expect(served.map(({ cmd }) => cmd).sort()).toEqual(['heavy', 'light']);
    read();
    await until(() => received.length === 4);
    expect(served).toHaveLength(4);
  });
});

test('more requests than the rate allows wait for the clock', async () => {
  const { send, served, until, clock, received } = makePair({ limits: { perSecond: 4, burst: 2 } });
  send(...requests(5));
  await until(() => served.length === 2);
  expect(await clock.armed()).toBe(250);
  clock.advance(249);
  await settle();
  expect(served).toHaveLength(2);
  clock.advance(1);
  await until(() => served.length === 3);
  await settle();
  expect(served).toHaveLength(3);
  clock.advance(500);
  await until(() => received.length === 5);
});

test('a large request counts for its bytes', async () => {
  const { send, served, until, clock } = makePair({
    limits: { perSecond: 1, burst: 10, bytesEach: 1000, msEach: 1e9 },
  });
  send({ id: 0, cmd: 'ping', pad: 'x'.repeat(12_000) }, { id: 1, cmd: 'ping' });
  await until(() => served.length === 1);
  await settle();
  clock.advance(3000);
  await settle();
  expect(served.map(({ id }) => id)).toEqual([0]);
  clock.advance(1000);
  await until(() => served.length === 2);
});

test('a throttled spoke has one alarm waiting, however much it sends', async () => {
  const { send, served, until, clock } = makePair({ limits: { perSecond: 1, burst: 1 } });
  for (let batch = 0; batch < 20; batch += 1) {
    send(...requests(20));
    await settle();
  }
  await until(() => served.length === 1);
  expect(clock.waits()).toEqual([1000]);
});

test('the answers of one turn leave in one write', async () => {
  const { send, received, until, writes, channel } = makePair();
  send(...requests(10));
  channel.send({ event: 'permissions_changed' });
  await until(() => received.length === 11);
  // The event leaves in the tick in which it is sent, before the requests have come in.
  expect(writes()).toBe(2);
});

test('an answer that is too large for a line is exchanged for one that says so', async () => {
  const { send, received, until, breaches } = makePair({
    limits: { maxReply: 100 },
    answer: (message) => ({ ...ok(message), data: 'x'.repeat(message.id) }),
  });
  const fits = 100 - '{"id":75,"ok":true,"data":""}\n'.length;
  send({ id: fits, cmd: 'x' }, { id: fits + 1, cmd: 'x' });
  await until(() => received.length === 2);
  expect(received).toMatchObject([
    { id: fits, ok: true },
    { id: fits + 1, ok: false, code: 'too_large', error: expect.stringContaining('ask for less') },
  ]);
  expect(breaches).toEqual([]);
});

test('an answer is as large as its bytes, not its characters', async () => {
  const { send, received, until } = makePair({
    limits: { maxReply: 100 },
    answer: (message) => ({ ...ok(message), data: '日'.repeat(30) }),
  });
  send({ id: 1, cmd: 'x' });
  await until(() => received.length === 1);
  expect(received).toMatchObject([{ ok: false, code: 'too_large' }]);
});

test.each(['light', 'heavy'])(
  'a %s request that waits for a person lets another have its slot, and has one again before it goes on',
  async (cmd) => {
    let answered = () => {};
    const person = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const { answer: held, give } = heldAnswers();
    const wentOn: number[] = [];
    const { send, served, until } = makePair({
      limits: { inFlight: 1, heavyInFlight: 1 },
      answer: async (message) => {
        if (message.id > 0) return held(message);
        message.place?.leave();
        await person;
        await message.place?.takeAgain();
        wentOn.push(message.id);
        return ok(message);
      },
    });
    send(...[0, 1, 2].map((id) => ({ id, cmd })));
    await until(() => served.length === 2);
    answered();
    await settle();
    // A heavy one waits until the other has left; nothing further is taken meanwhile.
    expect({ wentOn, served: served.length }).toEqual({ wentOn: cmd === 'heavy' ? [] : [0], served: 2 });
    give();
    await until(() => served.length === 3);
    await settle();
    expect(wentOn).toEqual([0]);
  },
);

describe('a spoke that does not read its answers', () => {
  const REPLY = 10_000;
  const LIMITS = { unread: 100_000, inFlight: 8 };
  const answer = (message: Message) => ({ ...ok(message), data: 'x'.repeat(REPLY) });

  test('is not answered further, and what waits for it is bounded', async () => {
    const { send, served, until, ours } = makePair({ limits: LIMITS, answer, reading: false });
    send(...requests(1000));
    await until(() => served.length >= LIMITS.unread / REPLY);
    await settle();
    expect(ours.writableLength).toBeLessThan(LIMITS.unread + LIMITS.inFlight * (REPLY + 100));
    expect(served.length).toBeLessThan(LIMITS.unread / REPLY + LIMITS.inFlight + 1);
  });

  test('is answered again once it reads', async () => {
    const { send, served, until, read, received } = makePair({ limits: LIMITS, answer, reading: false });
    send(...requests(200));
    await until(() => served.length >= LIMITS.unread / REPLY);
    await settle();
    read();
    await until(() => received.length === 200);
    expect(received.map(({ id }) => id)).toEqual(requests(200).map(({ id }) => id));
  });
});

test('what a heavy reply holds can go once that has left, or the spoke is gone, and no sooner', async () => {
  const data = 'x'.repeat(1_000_000);
  const answer = (message: Message) => ({ ...ok(message), data });
  const { send, served, left, read, until, channel } = makePair({ answer, reading: false });
  send({ id: 1, cmd: 'heavy' }, { id: 2, cmd: 'light' });
  await until(() => served.length === 2);
  await settle();
  expect(left).toEqual([]);
  read();
  await until(() => left.length === 1);
  expect(left).toMatchObject([{ id: 1 }]);
  const second = makePair({ answer, reading: false });
  second.send({ id: 3, cmd: 'heavy' });
  await second.until(() => second.served.length === 1);
  await settle();
  second.channel.close();
  await second.until(() => second.left.length === 1);
  expect(second.left).toMatchObject([{ id: 3 }]);
  channel.close();
});

test('a spoke that sends without end is not read, and what is held for it is bounded', async () => {
  const { answer } = heldAnswers();
  const { sendRaw, served, until, ours, theirs } = makePair({ limits: { inFlight: 2 }, answer });
  let taken = 0;
  ours.on('data', (bytes: Buffer) => {
    taken += bytes.length;
  });
  const chunk = `${JSON.stringify({ id: 1, cmd: 'x', pad: 'x'.repeat(1000) })}\n`.repeat(16);
  for (let sent = 0; sent < 640; sent += 1) sendRaw(chunk);
  await until(() => served.length === 2);
  await settle();
  expect(taken + ours.readableLength).toBeLessThan(20 * chunk.length);
  expect(theirs.writableLength).toBeGreaterThan(600 * chunk.length);
});

test('long answers and short ones leave in their order, in one write a tick, up to the byte that is too much', async () => {
  const data = 'x'.repeat(6000);
  const size = (id: number) => `${JSON.stringify({ data, id, ok: true })}\n`.length;
  const { send, received, until, writes } = makePair({
    limits: { maxReply: size(1) },
    answer: ({ id, cmd }) => (cmd === 'long' ? { id, ok: true, data } : { id, ok: true }),
  });
  send({ id: 0, cmd: 'short' }, { id: 1, cmd: 'long' }, { id: 2, cmd: 'short' }, { id: 10, cmd: 'long' });
  await until(() => received.length === 4);
  expect(received.map(({ id, ok, code, data: found }) => [id, ok, code, found === data])).toEqual([
    [0, true, undefined, false],
    [1, true, undefined, true],
    [2, true, undefined, false],
    [10, false, 'too_large', false],
  ]);
  expect(writes()).toBe(3);
});

test('what waits for the disk keeps what reads from nothing, and the other way round', async () => {
  const { answer, give } = heldAnswers();
  const { send, served, until } = makePair({ limits: { heavyInFlight: 2 }, answer });
  send(...requests(4, 'heavy-store'), { id: 10, cmd: 'heavy-read' });
  await until(() => served.length === 3);
  await settle();
  expect(served.map(({ cmd }) => cmd)).toEqual(['heavy-store', 'heavy-store', 'heavy-read']);
  give('heavy-store');
  await until(() => served.length === 4);
  expect(served.at(-1)?.cmd).toBe('heavy-store');
});
