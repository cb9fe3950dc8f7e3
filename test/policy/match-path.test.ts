import { describe, expect, it } from 'vitest';
import { compilePath, escapePath, matchesReal, matchesText } from '../../core/policy/match-path.ts';

const HOME = '/home/ada';
const NO_LINKS = new Map();

/** Whether the file at a path is covered by a pattern that says nothing but what its text says. */
function covers(pattern: string, path: string, env?: Record<string, string>): boolean {
  const compiled = compilePath(pattern, { home: HOME, ...(env ? { env } : {}) });
  if (!('ok' in compiled)) throw new Error(`'${pattern}' does not compile: ${JSON.stringify(compiled)}`);
  const real = matchesReal(compiled.ok, path, NO_LINKS, 'trusted');
  expect(matchesText(compiled.ok, path)).toBe(real);
  return real;
}

type Row = readonly [pattern: string, matching: readonly string[], other: readonly string[]];

function table(rows: readonly Row[]) {
  it.each(rows)('%s', (pattern, matching, other) => {
    const paths = [...matching, ...other];
    expect(paths.filter((path) => covers(pattern, path))).toEqual(matching);
  });
}

describe('a pattern without wildcards matches its own path alone', () => {
  table([
    ['/etc/hosts', ['/etc/hosts'], ['/etc/hosts.d', '/etc/host', '/etc/hosts/x', '/etc', '/ETC/hosts']],
    ['/srv//a///b', ['/srv/a/b'], ['/srv/a', '/srv/ab']],
    ['~', ['/home/ada'], ['/home/ada/x', '/root']],
    ['~/x', ['/home/ada/x'], ['/home/bob/x', '/~/x']],
    ['/srv/a b', ['/srv/a b'], ['/srv/a', '/srv/ab']],
    ['/srv/ä😀', ['/srv/ä😀'], ['/srv/a']],
    ['/srv/!x', ['/srv/!x'], ['/srv/y', '/srv/x']],
    ['/srv/#x', ['/srv/#x'], ['/srv/x']],
    ['/srv/+(a|b)', ['/srv/+(a|b)'], ['/srv/a', '/srv/aa', '/srv/b']],
    ['/srv/@(a)', ['/srv/@(a)'], ['/srv/a']],
    ['/srv/a[', ['/srv/a['], ['/srv/a']],
    ['/srv/a]', ['/srv/a]'], ['/srv/a']],
    ['/srv/\\*', ['/srv/*'], ['/srv/a', '/srv/\\a']],
    ['/srv/\\{a,b\\}', ['/srv/{a,b}'], ['/srv/a', '/srv/b']],
  ]);
});

describe('* is any number of characters between two slashes, a leading dot included', () => {
  table([
    ['/srv/*', ['/srv/a', '/srv/.a', '/srv/a b', '/srv/ä😀'], ['/srv', '/srv/a/b', '/other/a']],
    ['/srv/*.json', ['/srv/a.json', '/srv/.json', '/srv/.a.json'], ['/srv/a.json.bak', '/srv/a/b.json']],
    ['/srv/a*b*c', ['/srv/abc', '/srv/aXbYc', '/srv/abbcc'], ['/srv/acb', '/srv/a/bc', '/srv/ab/c']],
    ['/srv/*/x', ['/srv/a/x', '/srv/.a/x'], ['/srv/x', '/srv/a/b/x', '/srv/a/x/y']],
    ['/srv/a**b', ['/srv/ab', '/srv/aXb'], ['/srv/a/b', '/srv/aX/Yb']],
  ]);
});

describe('? is exactly one character, never a slash', () => {
  table([
    ['/srv/?', ['/srv/a', '/srv/ä', '/srv/😀'], ['/srv', '/srv/ab', '/srv/a/b']],
    ['/srv/a?c', ['/srv/abc', '/srv/a.c'], ['/srv/ac', '/srv/a/c', '/srv/abbc']],
    ['/srv?x', ['/srvax'], ['/srv/x', '/srvx']],
  ]);
});

describe('[...] is one character of a set, never a slash', () => {
  table([
    ['/srv/[ab]', ['/srv/a', '/srv/b'], ['/srv/c', '/srv/ab', '/srv/[ab]']],
    ['/srv/[a-c]x', ['/srv/ax', '/srv/cx'], ['/srv/dx', '/srv/x']],
    ['/srv/[!a]', ['/srv/b', '/srv/😀'], ['/srv/a', '/srv/bb', '/srv/a/b']],
    ['/srv/[^a]', ['/srv/b'], ['/srv/a']],
    ['/srv/x[!a]y', ['/srv/xby'], ['/srv/x/y', '/srv/xay']],
    ['/srv/[[:digit:]]', ['/srv/1'], ['/srv/a', '/srv/:']],
    ['/srv[/]x', ['/srv[/]x'], ['/srv/x']],
    ['/srv/x[.-0]y', ['/srv/x.y', '/srv/x0y'], ['/srv/x/y']],
  ]);
});

describe('** as a whole segment is any number of directories; what precedes it is not among the matches', () => {
  table([
    ['/srv/**', ['/srv/a', '/srv/a/b/c', '/srv/.a/.b'], ['/srv', '/srvx', '/srvx/a']],
    ['/srv/**/x', ['/srv/x', '/srv/a/x', '/srv/a/.b/x'], ['/srv', '/srv/xx', '/srv/a/x/y']],
    ['/**', ['/a', '/a/b', '/.a'], []],
    ['/srv/**/a/**/b', ['/srv/a/b', '/srv/x/a/y/b', '/srv/a/a/b/b'], ['/srv/b/a', '/srv/a', '/srv/b']],
    ['/srv/**/*', ['/srv/a', '/srv/a/b'], ['/srv']],
    ['/srv/*/**', ['/srv/a/b', '/srv/a/b/c'], ['/srv/a', '/srv']],
  ]);
});

describe('braces stand for each of their alternatives', () => {
  table([
    ['/srv/*.{json,yaml}', ['/srv/a.json', '/srv/a.yaml'], ['/srv/a.yml', '/srv/a.{json,yaml}']],
    ['/srv/{a,b/c}/d', ['/srv/a/d', '/srv/b/c/d'], ['/srv/b/d', '/srv/c/d']],
    ['/srv/{1..3}', ['/srv/1', '/srv/2', '/srv/3'], ['/srv/0', '/srv/4', '/srv/1..3']],
    ['/srv/{a,{b,c}}', ['/srv/a', '/srv/b', '/srv/c'], ['/srv/d']],
    ['/srv/{a}', ['/srv/{a}'], ['/srv/a']],
    ['/{srv,data}/**', ['/srv/a', '/data/a/b'], ['/etc/a', '/srv', '/data']],
  ]);
});

describe('a variable of an override is the text of its value', () => {
  const env = {
    DIR: '/data/a',
    GLOB: '/data/*',
    BRACES: '/data/{a,b}',
    ESCAPED: '/data/a\\b',
    CLASS: '/data/[a]',
  };
  it.each([
    ['$DIR/x', '/data/a/x', '/data/b/x'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable as permissions.yaml has it
    ['${DIR}x', '/data/ax', '/data/a/x'],
    ['/srv$DIR', '/srv/data/a', '/srv'],
    ['$GLOB/x', '/data/*/x', '/data/a/x'],
    ['$BRACES/x', '/data/{a,b}/x', '/data/a/x'],
    ['$ESCAPED/x', '/data/a\\b/x', '/data/ab/x'],
    ['$CLASS/x', '/data/[a]/x', '/data/a/x'],
    ['$GLOB/*', '/data/*/x', '/data/a/x'],
    ['/srv/\\$DIR', '/srv/$DIR', '/srv/data/a'],
    ['/srv/$1', '/srv/$1', '/srv/'],
  ])('%s covers %s and not %s', (pattern, covered, other) => {
    expect([covers(pattern, covered, env), covers(pattern, other, env)]).toEqual([true, false]);
  });

  it('a manifest sees no variables: there a dollar sign is a dollar sign', () => {
    expect([covers('/srv/$DIR', '/srv/$DIR'), covers('/srv/$DIR', '/srv/data/a')]).toEqual([true, false]);
  });

  it.each([
    ['that is not set', {}],
    ['that is empty', { X: '' }],
    ['with a control character', { X: '/a\n/b' }],
  ])('an entry with a variable %s is dropped, whatever else it names', (_, values) => {
    expect(compilePath('/srv/{$X,a}', { home: HOME, env: values })).toEqual({
      dropped: expect.stringContaining('X'),
    });
  });

  it('a value never makes an entry reach above what is written around it', () => {
    expect(compilePath('/srv/$X/x', { home: HOME, env: { X: '..' } })).toHaveProperty('problem');
  });
});

it("the home directory's own name is text, whatever characters it holds", () => {
  for (const home of [
    '/home/a*b',
    '/home/{a,b}',
    '/home/[x]',
    '/home/a b',
    '/home/a?',
    '/home/a\\b',
    '/home/$X',
  ]) {
    const compiled = compilePath('~/x', { home, env: { X: '/etc' } });
    if (!('ok' in compiled)) throw new Error(`under ${home} '~/x' does not compile`);
    expect(compiled.ok.literal).toBe(true);
    expect(matchesText(compiled.ok, `${home}/x`)).toBe(true);
    expect(matchesText(compiled.ok, `${home.replace(/[*?]/, 'z')}/x`)).toBe(!/[*?]/.test(home));
  }
});

it('an escaped path is a pattern for that path alone', () => {
  const path = '/srv/a*b?c[d]{e,f}\\g!h#i$j~k@(l) m';
  expect(covers(escapePath(path), path)).toBe(true);
  expect(compilePath(escapePath(path), { home: HOME })).toMatchObject({ ok: { literal: true } });
});

describe('where the literal part of a pattern is a link', () => {
  const compiled = compilePath('~/.aws/**', { home: HOME });
  if (!('ok' in compiled)) throw new Error('it does not compile');
  const pattern = compiled.ok;
  const real = '/srv/dotfiles/aws/config';

  it.each([
    ['one of the user or of root is followed by grants', '/srv/dotfiles/aws', 'trusted', true],
    ['one of somebody else is not followed by grants', null, 'trusted', false],
    ['one of somebody else is followed by denials', null, 'any', true],
  ] as const)('%s', (_, trusted, trust, expected) => {
    const anchors = new Map([['/home/ada/.aws', { trusted, any: '/srv/dotfiles/aws' }]]);
    expect(matchesReal(pattern, real, anchors, trust)).toBe(expected);
  });

  it('one of somebody else leaves nothing granted, not even what looks like the pattern itself', () => {
    const anchors = new Map([['/home/ada/.aws', { trusted: null, any: '/srv/theirs' }]]);
    expect(matchesReal(pattern, '/home/ada/.aws/config', anchors, 'trusted')).toBe(false);
  });

  it('the rest of the pattern counts from where the link leads', () => {
    const anchors = new Map([['/home/ada/.aws', { trusted: '/srv/aws', any: '/srv/aws' }]]);
    const covered = ['/srv/aws/a', '/srv/aws/a/b', '/srv/aws', '/srv/awsx/a', '/home/ada/.aws/a'];
    expect(covered.filter((path) => matchesReal(pattern, path, anchors, 'trusted'))).toEqual(
      covered.slice(0, 2),
    );
  });
});
