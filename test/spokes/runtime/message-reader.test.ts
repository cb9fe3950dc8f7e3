import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Incoming, MAX_INCOMING, MessageReader } from '../../../spokes/runtime/message-reader.mts';

/** What comes out of a stream that arrives in these pieces, each of them in the same memory as the one before. */
function read(pieces: readonly Buffer[]): Incoming[] {
  const reader = new MessageReader();
  const messages: Incoming[] = [];
  const memory = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)));
  for (const piece of pieces) {
    reader.push(memory.fill('#').subarray(0, piece.copy(memory)), (message) => messages.push(message));
  }
  return messages;
}

const inPieces = (whole: Buffer, size: number) =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
    whole.subarray(at * size, (at + 1) * size),
  );

test('messages come out whole, wherever the bytes were cut', () => {
  const bytes = Buffer.from('{"a":"€"}\n{"id":1,"follows":3}\n{\n"{"id":2,"follows":0}\n{"b":1}\nrest');
  for (let size = 1; size <= bytes.length; size += 1) {
    expect(read(inPieces(bytes, size))).toEqual([
      { a: '€' },
      { id: 1, data: new Uint8Array(Buffer.from('{\n"')) },
      { id: 2, data: new Uint8Array(0) },
      { b: 1 },
    ]);
  }
});

test('whatever the bytes are that follow, and however all of it is cut, what comes out is what went in', () => {
  const message = fc.record({
    id: fc.nat(),
    text: fc.string({ unit: 'binary', maxLength: 8 }),
    data: fc.option(fc.uint8Array({ maxLength: 12 })),
  });
  const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), cuts, (messages, places) => {
      const whole = Buffer.concat(
        messages.flatMap(({ data, ...rest }) => [
          Buffer.from(`${JSON.stringify(data === null ? rest : { ...rest, follows: data.length })}\n`),
          data ?? new Uint8Array(0),
        ]),
      );
      const ends = [...new Set([...places.map((at) => Math.min(at, whole.length)), whole.length])];
      const pieces = ends
        .sort((a, b) => a - b)
        .map((end, index, all) => whole.subarray(all[index - 1] ?? 0, end));
      const expected = messages.map(({ data, ...rest }) =>
        data === null ? rest : { ...rest, data: new Uint8Array(data) },
      );
      expect(read(pieces)).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test('lines among which one has bytes behind it are taken once each, whatever came in one piece', () => {
  const plain = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => `{"id":${from + at},"text":"€"}\n`).join('');
  const pieces = [plain(0, 3), `${plain(3, 5)}{"id":5,"follows":4}\n\n{}\n${plain(6, 8)}`, plain(8, 11)];
  expect(read(pieces.map((piece) => Buffer.from(piece))).map(({ id }) => id)).toEqual(
    Array.from({ length: 11 }, (_, id) => id),
  );
});

test('bytes that follow are a copy of their own, which no other message shares', () => {
  const messages = read([Buffer.from('{"follows":1}\na{"follows":2}\nbc')]);
  expect(messages.map(({ data }) => (data as Uint8Array).buffer.byteLength)).toEqual([1, 2]);
});

test.each(['-1', '1.5', '"3"', 'null', '16777217', '1e99', '{}'])('follows: %s is no message', (count) => {
  expect(() => read([Buffer.from(`{"follows":${count}}\n`)])).toThrow(/^follows: expected a number of bytes/);
});

test('a line of 16 MiB is read, one byte more is not', () => {
  const reader = new MessageReader();
  const messages: Incoming[] = [];
  const take = (message: Incoming) => messages.push(message);
  const half = Buffer.alloc(MAX_INCOMING / 2, ' ');
  reader.push(half, take);
  reader.push(Buffer.concat([half.subarray(2), Buffer.from('{}')]), take);
  reader.push(Buffer.from('\n'), take);
  expect(messages).toEqual([{}]);
  reader.push(half, take);
  reader.push(half, take);
  expect(() => reader.push(Buffer.from('x'), take)).toThrow(/expected lines of at most 16777216 bytes/);
});
