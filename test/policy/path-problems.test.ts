import { describe, expect, it } from 'vitest';
import { compilePath, PATTERN_CAPS } from '../../core/policy/match-path.ts';

const HOME = '/home/ada';
const compile = (text: string) => compilePath(text, { home: HOME });

describe('an entry is an error', () => {
  it.each([
    ['that is empty', ''],
    ['that is relative', 'etc/passwd'],
    ['that begins with a dot', './x'],
    ["that names another user's home", '~bob/x'],
    ['that is relative behind an exclamation mark', '!/etc/passwd'],
    ['of which an alternative is relative', '{/srv,srv}/x'],
    ['with .. in it', '/srv/../etc/passwd'],
    ['with . in it', '/srv/./x'],
    ['that ends in ..', '/srv/..'],
    ['with .. in braces', '/etc/x/{..,y}/passwd'],
    ['with . in braces', '/etc/{.,x}/passwd'],
    ['with .. behind backslashes', '/etc/x/\\.\\./passwd'],
    ['with .. in brackets', '/etc/x/[.][.]/passwd'],
    ['with .. half in brackets', '/etc/x/.[.]/passwd'],
    ['with a newline in it', '/srv/a\nb'],
    ['with a tab in it', '/srv/a\tb'],
    ['with a NUL in it', '/srv/a\0b'],
    ['with DEL in it', '/srv/a\u007fb'],
    ['with a C1 control in it', '/srv/a\u0085b'],
  ])('%s', (_, text) => {
    expect(compile(text)).toEqual({ problem: expect.stringMatching(/^expected /) });
  });
});

describe('each cap holds exactly at its border', () => {
  const { length, wildcardsPerSegment, globstars, expansions } = PATTERN_CAPS;

  it('the caps are those of the documentation', () => {
    expect(PATTERN_CAPS).toEqual({ length: 1024, wildcardsPerSegment: 16, globstars: 4, expansions: 256 });
  });

  it.each([
    ['characters', (n: number) => `/${'a'.repeat(n - 1)}`, length],
    ['wildcards in a segment', (n: number) => `/srv/${'*a'.repeat(n)}/x`, wildcardsPerSegment],
    ['question marks in a segment', (n: number) => `/srv/${'?'.repeat(n)}`, wildcardsPerSegment],
    ['sets in a segment', (n: number) => `/srv/${'[ab]'.repeat(n)}`, wildcardsPerSegment],
    ['** in a pattern', (n: number) => `/srv${'/**/a'.repeat(n)}`, globstars],
    ['alternatives of a brace', (n: number) => `/srv/{1..${n}}`, expansions],
    ['alternatives of braces that multiply', (n: number) => `/srv/{1..${n / 4}}/{a,b}{a,b}`, expansions],
  ])('as many %s as are allowed, and not more', (_, build, cap) => {
    expect(compile(build(cap))).toHaveProperty('ok');
    const over = cap === expansions ? cap + 4 : cap + 1;
    expect(compile(build(over))).toEqual({ problem: expect.stringContaining(String(cap)) });
  });

  it('wildcards count for each segment of each alternative by itself', () => {
    const full = '*a'.repeat(wildcardsPerSegment);
    expect(compile(`/${full}/${full}/{${full},${full}}`)).toHaveProperty('ok');
    expect(compile(`/srv/{a,*${full}}`)).toHaveProperty('problem');
  });

  it('braces that would stand for millions of paths are refused, not expanded', () => {
    expect(compile(`/${'{a,b}'.repeat(200)}`)).toHaveProperty('problem');
    expect(compile('/{1..99999999999}')).toHaveProperty('problem');
  });
});

describe('a pattern that opens a whole tree is told of', () => {
  it.each([
    '~/**',
    '/**',
    '/etc/**',
    '/home/*/**',
    '/root/**',
    '/usr/**/x',
    '/var/**',
    '/home/ada/**',
    '/{etc,srv/x}/**',
    '/[e]tc/**',
    '/\\etc/**',
    '/{,srv/x}/**',
    '/etc/{,x}/**',
    '~/{,x}/**',
    '~//**',
  ])('%s', (text) => {
    expect(compile(text)).toMatchObject({ ok: { blanket: true } });
  });

  it.each(['~/.aws/**', '/etc/hosts', '/etc/ssl/**', '~/*', '/srv/app/**', '/tmp/creds-*/**'])(
    '%s opens no more than it says',
    (text) => {
      expect(compile(text)).toMatchObject({ ok: { blanket: false } });
    },
  );
});

it("a pattern that ends in '/' is told to match nothing", () => {
  expect(compile('/srv/x/')).toMatchObject({ warning: expect.stringContaining("'/'") });
  expect(compile('/srv/x')).not.toHaveProperty('warning');
  expect(compile('/')).not.toHaveProperty('warning');
});

it('only a pattern for exactly one path counts as literal', () => {
  const literal = [
    '/srv/x',
    '~/x',
    '/srv/\\*',
    '/srv/[x]',
    '/srv/*',
    '/srv/?',
    '/srv/[xy]',
    '/srv/{x,y}',
  ].filter((text) => {
    const compiled = compile(text);
    return 'ok' in compiled && compiled.ok.literal;
  });
  expect(literal).toEqual(['/srv/x', '~/x', '/srv/\\*', '/srv/[x]']);
});
