import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { satisfies } from './support/node-range.ts';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Lock = Readonly<Record<string, LockedPackage>>;

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const lock: Lock = read('package-lock.json').packages;
const manifest = read('package.json');

/** The oldest Node that package.json promises. */
const OLDEST = '20.19.0';

/** Optional packages that somebody names and that the lock does not have: `npm ci` on their platform would lack them. */
function missingOptional(packages: Lock): string[] {
  return Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !candidates(place, name).some((path) => path in packages))
      .map((name) => `${place || 'package.json'} names ${name}`),
  );
}

/** Where Node looks for a package from a place, the nearest first. */
function candidates(place: string, name: string): string[] {
  const steps = place.split('/node_modules/');
  const above = steps.map((_, index) => steps.slice(0, steps.length - index).join('/node_modules/'));
  return [
    ...above.filter((path) => path !== '').map((path) => `${path}/node_modules/${name}`),
    `node_modules/${name}`,
  ];
}

function recordingAddress(packages: Lock): string[] {
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved !== undefined)
    .map(([place]) => place);
}

function excludingOldest(packages: Lock): string[] {
  return Object.entries(packages)
    .filter(([, { engines }]) => engines?.node !== undefined && !satisfies(OLDEST, engines.node))
    .map(([place, { engines }]) => `${place} wants node ${engines?.node}`);
}

describe('package-lock.json', () => {
  it('has every optional package that a package in it names, for all platforms', () => {
    expect(missingOptional(lock)).toEqual([]);
  });

  it('records no download address: every installation uses the registry that it is given', () => {
    expect(recordingAddress(lock)).toEqual([]);
  });

  it('has a checksum for every package', () => {
    const without = Object.entries(lock).filter(
      ([place, { integrity }]) => place !== '' && integrity === undefined,
    );
    expect(without.map(([place]) => place)).toEqual([]);
  });

  it('has no package that excludes the oldest Node there may be', () => {
    expect(manifest.engines.node).toBe('>=20.19');
    expect(excludingOldest(lock)).toEqual([]);
  });

  it('has no install script that package.json does not decide on', () => {
    const scripted = Object.entries(lock).filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = scripted.map(([place]) => place.replace(/^.*node_modules\//, ''));
    expect(names.filter((name) => !(name in manifest.allowScripts))).toEqual([]);
  });

  it('is of the dependencies that package.json has', () => {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      expect(lock['']).toHaveProperty(kind, manifest[kind]);
    }
  });
});

describe('a lock file that is wrong is found out', () => {
  it('where a platform is missing', () => {
    const broken: Lock = {
      '': { optionalDependencies: { tool: '1' } },
      'node_modules/tool': {
        optionalDependencies: { '@tool/linux': '1', '@tool/darwin': '1', '@tool/nested': '1' },
      },
      'node_modules/@tool/linux': {},
      'node_modules/tool/node_modules/@tool/nested': {},
    };
    expect(missingOptional(broken)).toEqual(['node_modules/tool names @tool/darwin']);
  });

  it('where an address is recorded, or a Node too new is wanted', () => {
    const broken: Lock = {
      'node_modules/a': { resolved: 'https://x' },
      'node_modules/b': { engines: { node: '>=22' } },
    };
    expect(recordingAddress(broken)).toEqual(['node_modules/a']);
    expect(excludingOldest(broken)).toEqual(['node_modules/b wants node >=22']);
  });

  it.each([
    ['>=20.19', true],
    ['>= 20.19.0', true],
    ['>=20.20', false],
    ['^20.17.0 || >=22.9.0', true],
    ['^18.0.0 || >=22.0.0', false],
    ['18 || 20 || >=22', true],
    ['20.x', true],
    ['>=10 <20', false],
    ['>=6.9.0', true],
    ['~20.18.0', false],
    ['~20.19.0', true],
    ['18 - 22', true],
    ['12.x - 19.x', false],
    ['>20', false],
    ['>20.18', true],
    ['<=20', true],
    ['*', true],
  ])('%s takes it: %s', (range, taken) => {
    expect(satisfies(OLDEST, range)).toBe(taken);
  });

  it('a form of range that is not known is never passed over', () => {
    expect(() => satisfies(OLDEST, 'lts/*')).toThrow('does not know');
  });
});
