import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Message } from '../../core/channel/message.ts';
import { type Incoming, MessageReader } from '../../spokes/runtime/message-reader.mts';
import { makePair, ok, type PairInput, settle } from './support/channel-pair.ts';

/** A channel whose requests named `bytes` are answered with so many bytes, all others without, and what the spoke reads. */
function makeBytesPair(sizeOf: (id: number) => number, input: PairInput = {}) {
  const given = new Map<number, Buffer>();
  const pair = makePair({
    answer: (message: Message) => {
      if (!message.cmd.includes('bytes')) return ok(message);
      const data = randomBytes(sizeOf(message.id));
      given.set(message.id, data);
      return { ...ok(message), encoding: 'bytes', data };
    },
    ...input,
    reading: false,
  });
  const reader = new MessageReader();
  const came: Incoming[] = [];
  const read = () =>
    pair.theirs.on('data', (bytes: Buffer) => reader.push(bytes, (message) => came.push(message)));
  const until = async (count: number) => {
    while (came.length < count) await settle();
  };
  return { ...pair, given, came, read, until };
}

test('an answer with bytes is a line that counts them and then the bytes, whatever they are, between the others', async () => {
  const sizes = [0, 1, 10, 4096, 65_536, 65_537, 300_000];
  const { send, given, came, read, until } = makeBytesPair((id) => sizes[id] ?? 0);
  read();
  send(
    ...sizes.flatMap((_, id) => [
      { id, cmd: 'bytes' },
      { id: id + 100, cmd: 'ping' },
    ]),
  );
  await until(2 * sizes.length);
  for (const [id, size] of sizes.entries()) {
    const answer = came.find((message) => message.id === id);
    expect(answer).toEqual({ id, ok: true, encoding: 'bytes', data: new Uint8Array(given.get(id) ?? []) });
    expect(given.get(id)).toHaveLength(size);
    expect(came).toContainEqual({ id: id + 100, ok: true });
  }
});

test('bytes count towards the size of an answer', async () => {
  const { send, came, read, until, breaches } = makeBytesPair((id) => id, { limits: { maxReply: 1000 } });
  read();
  send({ id: 500, cmd: 'bytes' }, { id: 1000, cmd: 'bytes' });
  await until(2);
  expect(came).toMatchObject([
    { id: 500, ok: true },
    { id: 1000, ok: false, code: 'too_large' },
  ]);
  expect(breaches).toEqual([]);
});

test('bytes that are not read count as unread, and no further request is taken until they are', async () => {
  const { send, served, read, until } = makeBytesPair(() => 100_000, { limits: { unread: 50_000 } });
  send({ id: 1, cmd: 'bytes' });
  await settle();
  send({ id: 2, cmd: 'bytes' }, { id: 3, cmd: 'ping' });
  await settle();
  expect(served.map(({ id }) => id)).toEqual([1]);
  read();
  await until(3);
  expect(served.map(({ id }) => id)).toEqual([1, 2, 3]);
});

test('a heavy request that is answered with bytes is over only when the spoke has read them', async () => {
  const limits = { heavyInFlight: 1, unread: 1e9 };
  const { send, served, left, read, until } = makeBytesPair(() => 200_000, { limits });
  send({ id: 1, cmd: 'heavy-bytes' }, { id: 2, cmd: 'heavy-bytes' });
  await settle();
  expect([served.length, left.length]).toEqual([1, 0]);
  read();
  await until(2);
  await settle();
  expect([served.length, left.length]).toEqual([2, 2]);
});

test('what dear answers cost is the same for bytes: one with many keeps its spoke waiting', async () => {
  const limits = { burst: 2, perSecond: 1, bytesEach: 1000 };
  const { send, served, read, until } = makeBytesPair(() => 5000, { limits });
  read();
  send({ id: 1, cmd: 'bytes' });
  await until(1);
  send({ id: 2, cmd: 'ping' });
  await settle();
  expect(served.map(({ id }) => id)).toEqual([1]);
});
