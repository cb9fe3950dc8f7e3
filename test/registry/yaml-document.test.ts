import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidFile } from '../../core/registry/problem.ts';
import { parseYaml } from '../../core/registry/yaml-document.ts';
import { formatOrigin } from '../../schemas/decision.ts';

function problemsOf(text: string): readonly string[] {
  try {
    parseYaml('f.yaml', text);
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return error.problems.map(({ origin, message }) => `${formatOrigin(origin)}: ${message}`);
  }
  return [];
}

describe('a plain document is plain data', () => {
  it.each<[string, string, unknown]>([
    ['nothing', '', {}],
    ['a comment', '# nothing\n', {}],
    ['null', 'null', {}],
    ['a mapping', 'a: 1\nb: [x, "y"]\n', { a: 1, b: ['x', 'y'] }],
    ['JSON', '{"a": {"b": [true, null, 1.5, "x"]}}', { a: { b: [true, null, 1.5, 'x'] } }],
    [
      'yes, no, on and off as text',
      'a: [yes, no, on, off, y, n]',
      { a: ['yes', 'no', 'on', 'off', 'y', 'n'] },
    ],
    ['a date as text', 'a: 2030-01-01T00:00:00Z', { a: '2030-01-01T00:00:00Z' }],
    ['an older version of YAML all the same', '%YAML 1.1\n---\na: yes\n', { a: 'yes' }],
    ['one document with its marks', '---\na: 1\n...\n', { a: 1 }],
    ['lines ended as on Windows', 'a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['a byte order mark', '\ufeffa: 1', { a: 1 }],
    ['text of several lines', 'a: |\n  x\n  y\nb: >\n  x\n  y\n', { a: 'x\ny\n', b: 'x y\n' }],
    ['a number as a key', '1: a', { '1': 'a' }],
    ['a key like those of every object', 'constructor: 1\ntoString: 2', { constructor: 1, toString: 2 }],
  ])('%s', (_, text, value) => {
    expect(parseYaml('f.yaml', text).value).toEqual(value);
  });

  it('nested 16 deep', () => {
    expect(problemsOf(`${'- '.repeat(16)}a`)).toEqual([]);
    expect(problemsOf(`${'{a: '.repeat(16)}1${'}'.repeat(16)}`)).toEqual([]);
    expect(problemsOf(Array.from({ length: 16 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'))).toEqual([]);
  });
});

describe('what is not plain is refused at its place', () => {
  it.each<[string, string, readonly string[]]>([
    ['an alias', 'a: 1\nb: *x', ['f.yaml:2:4: aliases (*name) are not taken here; write the value out']],
    [
      'a tag',
      'a: 1\nb: !!str 2',
      ['f.yaml:2:10: tags (tag:yaml.org,2002:str) are not taken here; write the plain value'],
    ],
    ['a tag of its own', 'a: !x 1', ['f.yaml:1:7: tags (!x) are not taken here; write the plain value']],
    [
      'a tag on a list',
      'a: !!seq [b]',
      ['f.yaml:1:10: tags (tag:yaml.org,2002:seq) are not taken here; write the plain value'],
    ],
    ['an anchor', 'a: &x 1', ['f.yaml:1:7: anchors (&name) are not taken here']],
    ['a key twice', 'a: 1\nb: 2\na: 3', ["f.yaml:3:1: the key 'a' is here twice"]],
    ['a key twice, once in quotes', 'a: 1\n"a": 3', ["f.yaml:2:1: the key 'a' is here twice"]],
    ['a key twice in braces', 'x: {a: 1, a: 2}', ["f.yaml:1:11: the key 'a' is here twice"]],
    ['__proto__', 'a: 1\n__proto__: {b: 1}', ["f.yaml:2:1: unknown key '__proto__'"]],
    ['__proto__ deep inside', 'a:\n  - "__proto__": 1', ["f.yaml:2:5: unknown key '__proto__'"]],
    ['a list for a key', '? [a]\n: 1', ['f.yaml:1:3: expected plain text as a key']],
    ['no key', ': 1', ['f.yaml:1:1: expected plain text as a key']],
    ['a truth value for a key', 'true: 1', ['f.yaml:1:1: expected plain text as a key']],
    ['a tab for indentation', 'a:\n\tb: 1', ['f.yaml:2:1: Tabs are not allowed as indentation; use blanks']],
    ['quotes left open', 'a: 1\nb: "x', ['f.yaml:2:6: Missing closing "quote']],
    [
      'a second document',
      'a: 1\n---\nb: 2\n',
      [expect.stringMatching(/^f\.yaml:[23]:1: expected one YAML document/) as never],
    ],
    ['a level too much', `${'- '.repeat(17)}a`, ['f.yaml:1:35: this is nested too deeply']],
    [
      'far too many levels',
      `a:\n${'['.repeat(60)}`,
      [expect.stringMatching(/^f\.yaml:2:\d+: this is nested too deeply$/) as never],
    ],
  ])('%s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it.each([
    ['a tag on a key', '!!str a: 1'],
    ['an anchor on a key', '&x a: 1'],
    ['an anchor on a mapping', 'a: &x {b: 1}'],
    ['an anchor on a list', 'a: &x [b]'],
    ['an alias for a key', 'a: &x b\n*x : 1'],
    ['a merged mapping', 'a: &x {b: 1}\nc: {<<: *x}'],
  ])('%s', (_, text) => {
    expect(problemsOf(text)).not.toEqual([]);
  });

  it('all of it at once', () => {
    expect(problemsOf('a: 1\na: 2\nb: !x 1\nc: *y\n')).toHaveLength(3);
  });

  it('but no more than anybody mends in one go', () => {
    expect(problemsOf('a: 1\n'.repeat(1000))).toHaveLength(20);
  });

  it('without a control character in what is said of it', () => {
    const texts = [
      '"a\\e[31m": 1\n"a\\e[31m": 2',
      'a: !<\x1b[31m> 1',
      'a: "\x1b[2J',
      'a: 1\x07\n b: 2',
      '"a\\nb": 1\n"a\\nb": 2',
    ];
    expect(texts.flatMap(problemsOf)).not.toEqual([]);
    for (const problem of texts.flatMap(problemsOf)) expect(problem).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });
});

describe('hostile text is a value or InvalidFile, and nothing else', () => {
  const outcome = (text: string) => {
    try {
      return typeof parseYaml('f.yaml', text).value;
    } catch (error) {
      return error instanceof InvalidFile ? 'InvalidFile' : error;
    }
  };

  it.each<[string, string]>([
    ['60,000 brackets', '['.repeat(60_000)],
    ['60,000 brackets, closed', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['60,000 braces', '{'.repeat(60_000)],
    ['braces with keys', '{a: '.repeat(15_000)],
    ['nested explicit keys', '? '.repeat(30_000)],
    ['nested lists', '- '.repeat(30_000)],
    ['nested values', ': '.repeat(30_000)],
    ['every kind of nesting', '- ? [ {a: '.repeat(5000)],
    ['nesting by indentation', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('%s', (_, text) => {
    expect(outcome(text)).toBe('InvalidFile');
  });

  it.each<[string, string]>([
    ['64 KiB of quotes', '"'.repeat(65_536)],
    ['64 KiB of anchors', '&a '.repeat(21_845)],
    ['64 KiB of aliases', '- *a\n'.repeat(13_000)],
    ['64 KiB of tags', '!a '.repeat(21_845)],
    ['64 KiB of commas', `[${','.repeat(65_000)}]`],
    ['64 KiB of colons', ':'.repeat(65_536)],
    ['64 KiB of question marks', '?\n'.repeat(32_768)],
    ['64 KiB of dashes', '-\n'.repeat(32_768)],
    ['64 KiB of document marks', '---\n'.repeat(16_384)],
    ['64 KiB of tabs', '\t'.repeat(65_536)],
    ['64 KiB of blanks', ' '.repeat(65_536)],
    ['64 KiB of newlines', '\n'.repeat(65_536)],
    ['64 KiB of hash marks', '#'.repeat(65_536)],
    ['64 KiB of NUL', '\0'.repeat(65_536)],
    ['64 KiB of block scalars', 'a: |\n'.repeat(13_000)],
    ['64 KiB of directives', '%YAML 1.2\n'.repeat(6500)],
    ['a key of 64 KiB', `${'a'.repeat(65_000)}: 1`],
    [
      'bombs of aliases',
      `a: &a [x]\n${Array.from({ length: 50 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}`,
    ],
  ])('%s', (_, text) => {
    expect(['object', 'string', 'number', 'boolean', 'InvalidFile']).toContain(outcome(text));
  });

  const bits = fc.constantFrom(
    ...[
      'a',
      'b: ',
      '- ',
      '? ',
      ': ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '|',
      '>',
      '&x ',
      '*x',
      '!t ',
      '!!str ',
      '---',
      '...',
    ],
    ...[
      '\n',
      '\n  ',
      '\n\t',
      '\r\n',
      '\r',
      ' ',
      '#',
      '%YAML 1.1\n',
      '<<: ',
      '__proto__: ',
      '1',
      '0x',
      '.inf',
      '~',
      '\0',
      '\ufeff',
      '\\',
      '@',
      '`',
    ],
  );
  const text = fc.oneof(
    { weight: 3, arbitrary: fc.array(bits, { maxLength: 40 }).map((parts) => parts.join('')) },
    fc.string({ unit: 'binary', maxLength: 60 }),
  );

  it('arbitrary text', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(['object', 'string', 'number', 'boolean', 'InvalidFile']).toContain(outcome(given));
      }),
      { numRuns: 5000 },
    );
  });

  it('no text reaches the prototype of anything', () => {
    fc.assert(
      fc.property(text, (given) => {
        try {
          JSON.stringify(parseYaml('f.yaml', given).value, (_, value) => {
            if (value === null || typeof value !== 'object') return value;
            expect([Object.prototype, Array.prototype, null]).toContain(Object.getPrototypeOf(value));
            expect(Object.keys(value)).not.toContain('__proto__');
            return value;
          });
        } catch (error) {
          if (!(error instanceof InvalidFile)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('every part knows where it is written', () => {
  const document = parseYaml('f.yaml', 'a: 1\nb:\n  c: [x,\n    y]\n  "d e": {f: 2}\n');

  it.each<[readonly (string | number)[], string, string]>([
    [['a'], 'f.yaml:1:4', 'f.yaml:1:1'],
    [['b', 'c'], 'f.yaml:3:6', 'f.yaml:3:3'],
    [['b', 'c', 0], 'f.yaml:3:7', 'f.yaml:3:6'],
    [['b', 'c', 1], 'f.yaml:4:5', 'f.yaml:3:6'],
    [['b', 'd e', 'f'], 'f.yaml:5:14', 'f.yaml:5:11'],
    [['b', 'missing'], 'f.yaml:3:3', 'f.yaml:3:3'],
    [['nowhere'], 'f.yaml:1:1', 'f.yaml:1:1'],
  ])('%j', (path, value, key) => {
    expect([formatOrigin(document.locate(path)), formatOrigin(document.locateKey(path))]).toEqual([
      value,
      key,
    ]);
  });
});
