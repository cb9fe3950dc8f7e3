import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleLines, visibleText, visibleWord } from '../../schemas/visible-text.ts';

/** Controls, bidirectional and zero-width marks, unassigned and private characters, halves of pairs, line separators. */
const UNSAFE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u;

const nasty = fc.constantFrom(
  ...['\0', '\x07', '\b', '\t', '\n', '\v', '\f', '\r', '\x1b[31m', '\x7f', '\x85', '\x9b'],
  ...[
    '\u00ad',
    '\u034f',
    '\u061c',
    '\u115f',
    '\u180e',
    '\u200b',
    '\u200d',
    '\u200e',
    '\u200f',
    '\u2028',
    '\u2029',
  ],
  ...[
    '\u202a',
    '\u202e',
    '\u2060',
    '\u2066',
    '\u2069',
    '\u3164',
    '\ufe0f',
    '\ufeff',
    '\uffa0',
    '\ud800',
    '\udc00',
  ],
  ...[
    '\u{e0001}',
    '\u{e0041}',
    '\u{e0100}',
    '\u{1d173}',
    '\u{f0000}',
    '\\',
    '\\n',
    '\\u001b',
    ' ',
    '\u00a0',
    '\u3000',
  ],
);
const text = fc
  .array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 5 }), fc.string({ maxLength: 5 })), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

function original(visible: string): string {
  const short: Record<string, string> = { '\\': '\\', n: '\n', r: '\r', t: '\t' };
  return visible.replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_, hex, letter) =>
    hex === undefined ? (short[letter] ?? '?') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

describe('text that was made visible', () => {
  it.each([
    ['a newline', 'a\nb', 'a\\nb'],
    ['a carriage return', 'a\rb', 'a\\rb'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['a backslash', 'a\\nb', 'a\\\\nb'],
    ['a colour', '\x1b[31mred', '\\u001b[31mred'],
    ['a right-to-left override', 'a\u202eb', 'a\\u202eb'],
    ['a bidirectional isolate', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['a zero-width space', 'a\u200bb', 'a\\u200bb'],
    ['a byte order mark', '\ufeffa', '\\ufeffa'],
    ['a variation selector', 'a\ufe0fb', 'a\\ufe0fb'],
    ['a blank that is called a letter', 'a\u3164b', 'a\\u3164b'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['C1 controls', '\x85\x9b', '\\u0085\\u009b'],
    ['half a character', '\ud800', '\\ud800'],
    ['a tag character', '\u{e0041}', '\\udb40\\udc41'],
    ['letters of any script', 'ä Ω 漢 😀 עב', 'ä Ω 漢 😀 עב'],
    ['blanks', 'a b\u00a0c', 'a b\u00a0c'],
  ])('%s', (_, given, visible) => {
    expect(visibleText(given)).toBe(visible);
  });

  it('holds no control, bidirectional or zero-width character, whatever it was made from', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(visibleText(given)).not.toMatch(UNSAFE);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells what it was, so that no two texts look the same', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(original(visibleText(given))).toBe(given);
        expect(original(visibleWord(given))).toBe(given);
      }),
      { numRuns: 2000 },
    );
  });
});

it('a word has no blank of any kind', () => {
  expect(visibleWord('a b\u00a0c\u3000d\u2003e')).toBe('a\\u0020b\\u00a0c\\u3000d\\u2003e');
  fc.assert(
    fc.property(text, (given) => {
      expect(visibleWord(given)).not.toMatch(/\s/u);
      expect(visibleWord(given)).not.toMatch(UNSAFE);
    }),
    { numRuns: 1000 },
  );
});

it('text of several lines keeps its lines and nothing else that moves the cursor', () => {
  expect(visibleLines('one\r\ntwo\x1b[2J\nthree\rfour')).toBe('one\ntwo\\u001b[2J\nthree\\rfour');
});
