import { expect, test } from 'vitest';
import { LineReader, MAX_INCOMING_LINE } from '../../../spokes/runtime/lines.mts';

test('lines come out whole, wherever the bytes were cut', () => {
  const bytes = Buffer.from('{"a":"€"}\n\n{"b":1}\nrest');
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new LineReader();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...reader.push(bytes.subarray(at, at + size)));
    expect(lines).toEqual(['{"a":"€"}', '', '{"b":1}']);
  }
});

test('a line of 16 MiB is read, one byte more is not', () => {
  const reader = new LineReader();
  const half = Buffer.alloc(MAX_INCOMING_LINE / 2, 'x');
  reader.push(half);
  reader.push(half);
  expect(reader.push(Buffer.from('\n')).map((line) => line.length)).toEqual([16_777_216]);
  reader.push(half);
  reader.push(half);
  expect(() => reader.push(Buffer.from('x'))).toThrow(/expected lines of at most 16777216 bytes/);
});
