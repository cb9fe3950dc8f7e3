import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grantedPaths, stillGrants } from '../../core/policy/granted-paths.ts';
import type { Anchors } from '../../core/policy/match-path.ts';
import { mayMatchBelow } from '../../core/policy/may-match-below.ts';
import { holdsPersistence } from '../../core/policy/persistence-directories.ts';
import type { ScopeList } from '../../schemas/scope.ts';
import { NOW } from '../support/queries.ts';
import { compileRights, HOME, manifestText } from '../support/rights.ts';

function granted(permissions: string, overrides = '', anchors: Anchors = new Map(), now = NOW) {
  const { policy } = compileRights({ manifest: manifestText(permissions), overrides });
  return grantedPaths({ policies: [policy], anchors, now });
}

const whole = (list: ScopeList, directory: string, permissions: string, overrides = '') =>
  granted(permissions, overrides).allowsAllBelow(list, directory);

describe('a directory is given with all that is in it', () => {
  test.each<[string, string, boolean]>([
    ['~/x/**', `${HOME}/x`, true],
    ['~/x/**', `${HOME}/x/deep/er`, true],
    ['~/x/**', HOME, false],
    ['~/x/**', `${HOME}/xy`, false],
    ['~/x/*', `${HOME}/x`, false],
    ['~/x/**/*', `${HOME}/x`, false],
    ['~/x/**/*.txt', `${HOME}/x`, false],
    ['~/x/*/**', `${HOME}/x`, false],
    ['~/x/*/**', `${HOME}/x/y`, true],
    ['~/{x,y}/**', `${HOME}/y`, true],
    ['~/x/**/y/**', `${HOME}/x/z`, false],
    ['~/x/**/y/**', `${HOME}/x/z/y`, true],
    ['~/x', `${HOME}/x`, false],
    ['/**', '/', true],
  ])('%s and %s: %s', (pattern, directory, given) => {
    expect(whole('fs_read', directory, `fs_read: ["${pattern}"]`)).toBe(given);
  });

  test.each<[string, string, boolean]>([
    ['fs_read', '~/x/secret', false],
    ['fs_read', '~/x/*.key', false],
    ['fs_read', '~/x/not/there/at/all', false],
    ['fs_read', '~/**/.env', false],
    ['fs_read', '/**/.env', false],
    ['fs_read', '~/x/**', false],
    ['fs_read', '~/y/**', true],
    ['fs_read', '~/*.key', true],
    ['fs_read', '~/*/secret', false],
    ['fs_read', '~/{x,y}/z', false],
    ['fs_write', '~/x/secret', true],
  ])('for reading, where %s of %s is denied: %s', (list, pattern, given) => {
    const overrides = `creds:\n  deny:\n    ${list}: ["${pattern}"]`;
    expect(whole('fs_read', `${HOME}/x`, 'fs_read: ["~/x/**"]', overrides)).toBe(given);
    const asked = overrides.replace('deny', 'ask');
    expect(whole('fs_read', `${HOME}/x`, 'fs_read: ["~/x/**"]', asked)).toBe(given);
  });

  test.each(['fs_read', 'fs_write'])('for writing, not where %s of something in it is denied', (list) => {
    const overrides = `creds:\n  deny:\n    ${list}: ["~/x/secret"]`;
    expect(whole('fs_write', `${HOME}/x`, 'fs_write: ["~/x/**"]')).toBe(true);
    expect(whole('fs_write', `${HOME}/x`, 'fs_write: ["~/x/**"]', overrides)).toBe(false);
  });

  test.each([
    HOME,
    `${HOME}/.config`,
    `${HOME}/.config/axium`,
    `${HOME}/.config/axium/spokes`,
    `${HOME}/.config/autostart`,
    `${HOME}/.local`,
    `${HOME}/.ssh`,
    `${HOME}/proj/.git`,
    `${HOME}/proj/.git/hooks`,
    `${HOME}/bin`,
    '/',
    '/etc',
    '/etc/cron.d',
    '/var/spool',
  ])('for writing, not %s, in which code lies that runs by itself or is ours', (directory) => {
    expect(whole('fs_read', directory, 'fs_read: ["/**"]')).toBe(true);
    expect(whole('fs_write', directory, 'fs_write: ["/**"]')).toBe(false);
  });

  test('for writing, a directory of a program as any other', () => {
    expect(whole('fs_write', `${HOME}/.cache/tool`, 'fs_write: ["/**"]')).toBe(true);
    expect(whole('fs_write', '/srv/data', 'fs_write: ["/**"]')).toBe(true);
  });

  test('for writing, but for one through which a link leads to a start-up file', () => {
    const links = [`${HOME}/.bashrc`, `${HOME}/dot/current`];
    const any = `${HOME}/versions/3/bashrc`;
    const anchors: Anchors = new Map([[`${HOME}/.bashrc`, { any, trusted: any, links }]]);
    const given = (directory: string) =>
      granted('fs_write: ["~/*/**"]', '', anchors).allowsAllBelow('fs_write', `${HOME}/${directory}`);
    const directories = ['dot', 'versions', 'versions/3', 'versions/2', 'dot/other', 'notes'];
    expect(directories.filter(given)).toEqual(['versions/2', 'dot/other', 'notes']);
  });

  test('only while the entry counts', () => {
    const permissions = 'fs_read: [{path: "~/x/**", expires: "2030-01-01T00:00:01Z"}]';
    expect(granted(permissions, '', new Map(), NOW).allowsAllBelow('fs_read', `${HOME}/x`)).toBe(true);
    expect(granted(permissions, '', new Map(), NOW + 1000).allowsAllBelow('fs_read', `${HOME}/x`)).toBe(
      false,
    );
  });

  test('where it really lies, if a link that its user made leads there, and not through one of another', () => {
    const mine: Anchors = new Map([[`${HOME}/x`, { any: '/data/x', trusted: '/data/x' }]]);
    const theirs: Anchors = new Map([[`${HOME}/x`, { any: '/data/x', trusted: null }]]);
    const permissions = 'fs_read: ["~/x/**"]';
    expect(granted(permissions, '', mine).allowsAllBelow('fs_read', '/data/x')).toBe(true);
    expect(granted(permissions, '', theirs).allowsAllBelow('fs_read', '/data/x')).toBe(false);
    expect(granted(permissions, '', mine).starts('fs_read')).toEqual([
      { written: `${HOME}/x`, real: '/data/x' },
    ]);
    expect(granted(permissions, '', theirs).starts('fs_read')).toEqual([]);
  });
});

test('of two policies that count at once, both must give it', () => {
  const one = compileRights({ manifest: manifestText('fs_read: ["~/x/**"]\nnet: true') }).policy;
  const other = compileRights({ manifest: manifestText('fs_read: ["~/y/**"]') }).policy;
  const both = grantedPaths({ policies: [one, other], anchors: new Map(), now: NOW });
  expect(['x', 'y'].map((name) => both.allowsAllBelow('fs_read', `${HOME}/${name}`))).toEqual([false, false]);
  expect(both.net).toBe(false);
});

test('no policy gives nothing', () => {
  const none = grantedPaths({ policies: [], anchors: new Map(), now: NOW });
  expect([none.net, none.starts('fs_read'), none.allowsAllBelow('fs_read', '/x')]).toEqual([
    false,
    [],
    false,
  ]);
});

test('a pattern that may match below a directory is never said not to', () => {
  const patterns = ['~/a/*', '~/a/*/c', '~/a/**', '~/a/b?/*.txt', '~/a/b', '/**/x', '~/{a,z}/*'];
  const files = ['a/b', 'a/b/c', 'a/bb/x.txt', 'z/y', 'a/b/c/d/x'].map((path) => `${HOME}/${path}`);
  for (const text of patterns) {
    const { policy } = compileRights({ manifest: manifestText(`fs_read: ["${text}"]`) });
    const [rule] = policy.paths.fs_read;
    if (!rule) throw new Error('no rule');
    for (const file of files.filter((path) =>
      rule.pattern.alternatives.some(({ matches }) => matches(path)),
    )) {
      for (let above = dirname(file); ; above = dirname(above)) {
        expect([text, above, mayMatchBelow(rule.pattern, above, new Map(), 'any')]).toEqual([
          text,
          above,
          true,
        ]);
        if (above === '/') break;
      }
    }
  }
});

test('every directory above a place through which code persists is known as one', () => {
  const source = readFileSync(new URL('../../core/policy/persistence.ts', import.meta.url), 'utf8');
  const places = [...source.matchAll(/^ {2}'([^']+)',$/gm)].map(([, place = '']) => place);
  expect(places.length).toBeGreaterThan(60);
  const real = places.map((place) => (place.startsWith('/') ? place : `${HOME}/${place}`));
  const above = real.flatMap((place) => {
    const found: string[] = [];
    for (let at = dirname(place); at !== dirname(at); at = dirname(at)) found.push(at);
    return found;
  });
  const inside = (directory: string) => real.some((place) => `${directory}/`.startsWith(`${place}/`));
  expect(above.filter((directory) => !holdsPersistence(directory, HOME) && !inside(directory))).toEqual([]);
});

test('what runs is still granted while each of its paths is, and the network', () => {
  const bind = { path: `${HOME}/x`, list: 'fs_read', whole: true, fd: 0 } as const;
  const file = { path: `${HOME}/y`, list: 'fs_write', whole: false, fd: 0 } as const;
  const scope = { binds: [bind, file], links: [], net: false };
  const both = 'fs_read: ["~/x/**"]\nfs_write: ["~/y"]';
  expect(stillGrants(granted(both), scope)).toBe(true);
  expect(stillGrants(granted('fs_read: ["~/x/**"]'), scope)).toBe(false);
  expect(stillGrants(granted(both, 'creds:\n  deny:\n    fs_read: ["~/x/a"]'), scope)).toBe(false);
  expect(stillGrants(granted(both), { ...scope, net: true })).toBe(false);
  expect(stillGrants(granted(`${both}\nnet: true`), { ...scope, net: true })).toBe(true);
  const program = { binds: [{ ...file, path: '/opt/tool', list: null }], links: [], net: false };
  expect(stillGrants(granted(both), program)).toBe(true);
  expect(stillGrants(granted(both, 'creds:\n  deny:\n    fs_read: [/opt/tool]'), program)).toBe(false);
});

describe('what the host allows at most, and what waits for consent', () => {
  const under = (texts: { permissions: string; host?: string; consented?: string }) => {
    const { policy } = compileRights({
      manifest: manifestText(texts.permissions),
      consented: texts.consented === undefined ? undefined : manifestText(texts.consented),
      policies: texts.host === undefined ? [] : [`ceilings: {creds: {${texts.host}}}`],
    });
    return grantedPaths({ policies: [policy], anchors: new Map(), now: NOW });
  };
  const file = (path: string) =>
    ({ kind: 'path', asked: path, real: path, found: 'file', kernelFs: null }) as const;
  const WIDE = 'fs_read: [/srv/**]\nfs_write: [/srv/**]';

  test('a directory is given as a whole only where every ceiling covers all of it', () => {
    const wholes = (host: string) =>
      (['fs_read', 'fs_write'] as const).map((list) =>
        under({ permissions: WIDE, host }).allowsAllBelow(list, '/srv/a'),
      );
    expect(wholes('fs_read: [/srv/**], fs_write: [/srv/a/**]')).toEqual([true, true]);
    expect(wholes('fs_write: [/srv/a/*]')).toEqual([true, false]);
    // What a command can write it can read.
    expect(wholes('fs_read: [/srv/b/**]')).toEqual([false, false]);
  });

  test('a file is given within the ceilings alone, for writing those of reading as well', () => {
    const { allows } = under({ permissions: WIDE, host: 'fs_read: [/srv/a]' });
    expect([allows('fs_read', file('/srv/a')), allows('fs_write', file('/srv/a'))]).toEqual([true, true]);
    expect([allows('fs_read', file('/srv/b')), allows('fs_write', file('/srv/b'))]).toEqual([false, false]);
  });

  test('a ceiling withholds no program, and what waits takes nothing from what was consented to', () => {
    expect(under({ permissions: 'exec: true', host: 'fs_read: [/srv/a]' }).withholds(file('/opt/tool'))).toBe(
      false,
    );
    const consented = 'fs_write: [/srv/**]';
    const { allows, allowsAllBelow } = under({ permissions: WIDE, consented });
    expect([allows('fs_write', file('/srv/a')), allowsAllBelow('fs_write', '/srv/a')]).toEqual([true, true]);
    expect(allows('fs_read', file('/srv/a'))).toBe(false);
  });
});
