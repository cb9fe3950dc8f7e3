import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLine, LineSplitter } from '../../core/channel/framing.ts';

const CAP = 16;

/** Everything that comes out of a stream that arrives in these pieces. */
function split(pieces: readonly Buffer[], maxLine = CAP) {
  const splitter = new LineSplitter(maxLine);
  const results = pieces.map((piece) => splitter.push(piece));
  return { lines: results.flatMap(({ lines }) => lines), fault: results.at(-1)?.fault ?? null };
}

const bytes = (text: string) => Buffer.from(text, 'utf8');
const inSingles = (whole: Buffer) => Array.from(whole, (byte) => Buffer.from([byte]));

describe('a stream is cut at its newlines', () => {
  it.each<[string, string, string[]]>([
    ['one line', 'abc\n', ['abc']],
    ['several', 'a\nb\nc\n', ['a', 'b', 'c']],
    ['empty ones', '\n\na\n\n', ['', '', 'a', '']],
    ['what has no newline yet', 'abc', []],
    ['a line and the beginning of the next', 'a\nb', ['a']],
    ['nothing', '', []],
    ['carriage returns, which are no end of a line', 'a\r\nb\r\n', ['a\r', 'b\r']],
    ['letters of several bytes', 'ä漢😀\n', ['ä漢😀']],
    ['separators that are none here', '\u2028\u0085\n', ['\u2028\u0085']],
    ['a byte order mark', '\ufeffa\n', ['\ufeffa']],
    ['NUL', 'a\0b\n', ['a\0b']],
  ])('%s', (_, text, lines) => {
    expect(split([bytes(text)])).toEqual({ lines, fault: null });
    expect(split(inSingles(bytes(text)))).toEqual({ lines, fault: null });
  });

  it('and a line that comes in pieces is whole when its newline has come', () => {
    const splitter = new LineSplitter(CAP);
    const given = ['ab', '', 'cd', '\nef', '\n'].map((piece) => splitter.push(bytes(piece)).lines);
    expect(given).toEqual([[], [], [], ['abcd'], ['ef']]);
  });

  it('and pieces that the stream writes over afterwards change nothing', () => {
    const splitter = new LineSplitter(CAP);
    const reused = bytes('abcd');
    splitter.push(reused);
    reused.fill('x');
    expect(splitter.push(bytes('\n')).lines).toEqual(['abcd']);
  });
});

describe('the cap holds exactly at its border, the newline not counted', () => {
  it.each([
    ['in one piece', (whole: Buffer) => [whole]],
    ['a byte at a time', inSingles],
    ['with the newline by itself', (whole: Buffer) => [whole.subarray(0, -1), whole.subarray(-1)]],
  ])('%s', (_, cut) => {
    const line = 'x'.repeat(CAP);
    expect(split(cut(bytes(`${line}\n`)))).toEqual({ lines: [line], fault: null });
    expect(split(cut(bytes(`${line}x\n`)))).toEqual({ lines: [], fault: 'line too long' });
  });

  it('and counts bytes, not letters', () => {
    expect(split([bytes(`${'ä'.repeat(CAP / 2)}\n`)]).fault).toBeNull();
    expect(split([bytes(`${'ä'.repeat(CAP / 2)}x\n`)]).fault).toBe('line too long');
  });

  it('and an unfinished line is at fault as soon as it is over, without its newline', () => {
    expect(split([bytes('x'.repeat(CAP))]).fault).toBeNull();
    expect(split([bytes('x'.repeat(CAP + 1))]).fault).toBe('line too long');
    expect(split(inSingles(bytes('x'.repeat(CAP + 1)))).fault).toBe('line too long');
  });

  it('and lines that are short are never too long together', () => {
    expect(split([bytes('x\n'.repeat(1000))]).lines).toHaveLength(1000);
  });
});

describe('a line that is not UTF-8 is a fault', () => {
  it.each<[string, number[]]>([
    ['a byte that never occurs', [0xff]],
    ['a continuation without a beginning', [0x80]],
    ['a beginning without a continuation', [0xc3]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a slash in two bytes', [0xc0, 0xaf]],
    ['a point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ])('%s', (_, broken) => {
    const stream = Buffer.from([0x61, 0x0a, ...broken, 0x0a, 0x62, 0x0a]);
    expect(split([stream])).toEqual({ lines: ['a'], fault: 'not UTF-8' });
    expect(split(inSingles(stream))).toEqual({ lines: ['a'], fault: 'not UTF-8' });
  });
});

it('the first fault is final: no line is given any more, and nothing is kept', () => {
  const splitter = new LineSplitter(CAP);
  expect(splitter.push(bytes('a\n\xff')).lines).toEqual(['a']);
  expect(splitter.push(bytes('x'.repeat(CAP + 1)))).toEqual({ lines: [], fault: 'line too long' });
  for (const more of ['\n', 'a\n', '\xff\n', '']) {
    expect(splitter.push(bytes(more))).toEqual({ lines: [], fault: 'line too long' });
  }
});

/** A stream of some lines, long ones and broken ones among them, and the places at which it is cut into pieces. */
const stream = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: CAP }).map(bytes),
      fc.constantFrom('\n', '\n\n', '\r\n', 'x'.repeat(CAP), 'ä').map(bytes),
      fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array)),
    ),
    { maxLength: 12 },
  )
  .map((parts) =>
    Buffer.concat(parts.flatMap((part, index) => (index % 2 === 0 ? [part] : [part, bytes('\n')]))),
  );
const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 12 });

function piecesOf(whole: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => Math.min(place, whole.length))), whole.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
}

it('however the same bytes are cut into pieces, the lines are the same, and so is the fault', () => {
  fc.assert(
    fc.property(stream, cuts, (whole, places) => {
      const expected = split([whole]);
      expect(split(piecesOf(whole, places))).toEqual(expected);
      expect(split(inSingles(whole))).toEqual(whole.length === 0 ? { lines: [], fault: null } : expected);
    }),
    { numRuns: 2000 },
  );
});

it('the lines are what lies between the newlines, up to the first fault', () => {
  fc.assert(
    fc.property(stream, (whole) => {
      const { lines, fault } = split([whole]);
      const parts = whole
        .toString('latin1')
        .split('\n')
        .map((part) => Buffer.from(part, 'latin1'));
      const sound = (part: Buffer) => part.length <= CAP && part.equals(bytes(part.toString('utf8')));
      const finished = parts.slice(0, -1);
      const broken = finished.findIndex((part) => !sound(part));
      expect(lines).toEqual(
        (broken < 0 ? finished : finished.slice(0, broken)).map((part) => part.toString('utf8')),
      );
      const unfinished = parts.at(-1)?.length ?? 0;
      expect(fault === null).toBe(broken < 0 && unfinished <= CAP);
    }),
    { numRuns: 1000 },
  );
});

it('what is encoded is one line, and comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const line = encodeLine(value);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const [back] = split([bytes(line)], 1_000_000).lines;
      expect(JSON.parse(back ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['base64', 'QUJD'.repeat(4096)],
  ['with a quotation mark', `${'x'.repeat(8192)}"`],
  ['with a line break', `${'x'.repeat(8192)}\n`],
  ['with a line break at its end alone', `${'x'.repeat(8192)}=\n`],
  ['with a backslash', `\\${'x'.repeat(8192)}`],
  ['of other letters', 'é'.repeat(8192)],
])('long data %s is one line, and comes back as it was, whatever is beside it', (_what, data) => {
  for (const message of [{ data }, { id: 1, ok: true, data, 'a"key': 'a\nvalue' }]) {
    const line = encodeLine(message);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual(message);
  }
});
