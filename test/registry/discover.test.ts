import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledNames, discoverSpokes, type SpokePlaces } from '../../core/registry/discover.ts';
import { formatProblem } from '../../core/registry/problem.ts';
import { createPowers } from '../support/powers.ts';
import { writeSpoke, writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** Two roots of the user's and one of bundled spokes, in a directory of the test's own. */
function makePlaces() {
  const home = makeTemporaryDirectory();
  const [first, second, bundled] = ['first', 'second', 'bundled'].map((name) =>
    writeTree(join(home, name), {}),
  );
  const places = {
    roots: [`${first}`, `${second}`],
    bundled: { root: `${bundled}`, enabled: [] as string[] },
    home,
  };
  const discover = async (changed: Partial<SpokePlaces> = {}) => {
    const { spokes, refused } = await discoverSpokes(createPowers(), { ...places, ...changed });
    return {
      spokes: spokes.map(
        ({ directory, manifest }) => `${manifest.name} ${directory.replace(`${home}/`, '')}`,
      ),
      refused: refused.map(({ directory, problems }) => ({
        directory: directory.replace(`${home}/`, ''),
        problems: problems.map((problem) => formatProblem(problem).replaceAll(`${home}/`, '').split('\n')[0]),
      })),
    };
  };
  return { home, first: `${first}`, second: `${second}`, bundled: `${bundled}`, discover };
}

it('spokes come in the order of the roots, and of their names within one', async () => {
  const { first, second, discover } = makePlaces();
  writeSpoke(second, 'alpha');
  writeSpoke(first, 'zeta');
  writeSpoke(first, 'beta');
  expect(await discover()).toEqual({
    spokes: ['beta first/beta', 'zeta first/zeta', 'alpha second/alpha'],
    refused: [],
  });
});

it('only a directory with a spoke.yaml is a spoke, and it need not be called like it', async () => {
  const { first, discover } = makePlaces();
  writeSpoke(first, 'creds', { 'spoke.yaml': 'name: renamed\nentrypoint: main:register\n' });
  writeTree(join(first, 'notes'), { 'readme.md': 'nothing' });
  writeSpoke(first, '.hidden', { 'spoke.yaml': 'name: hidden\nentrypoint: main:register\n' });
  writeFileSync(join(first, 'spoke.yaml'), 'name: loose\nentrypoint: main:register\n');
  expect(await discover()).toEqual({ spokes: ['renamed first/creds'], refused: [] });
});

it('roots that are not there are no spokes', async () => {
  const { home, first, discover } = makePlaces();
  writeSpoke(first, 'creds');
  writeFileSync(join(home, 'file'), '');
  const roots = [join(home, 'missing'), join(home, 'file'), join(home, 'file/below'), first];
  expect(await discover({ roots })).toEqual({ spokes: ['creds first/creds'], refused: [] });
});

it('a root that cannot be read never stops the others', async () => {
  const { home, first, discover } = makePlaces();
  writeSpoke(first, 'creds');
  symlinkSync('loop', join(home, 'loop'));
  const roots = [join(home, 'loop'), join(home, 'x'.repeat(300)), first];
  expect(await discover({ roots })).toMatchObject({ spokes: ['creds first/creds'] });
});

describe('a bad spoke is refused and never stops the others', () => {
  const broken: Record<string, (directory: string) => void> = {
    'is not YAML': (directory) => writeFileSync(join(directory, 'spoke.yaml'), 'name: [\n'),
    'is not UTF-8': (directory) =>
      writeFileSync(
        join(directory, 'spoke.yaml'),
        Buffer.from(`name: broken\nentrypoint: main:register\n# \xff`, 'latin1'),
      ),
    'is of 10 MB': (directory) => writeFileSync(join(directory, 'spoke.yaml'), Buffer.alloc(10_000_000, '#')),
    'has one byte too many': (directory) => writeFileSync(join(directory, 'spoke.yaml'), '#'.repeat(65_537)),
    'has unknown keys': (directory) =>
      writeFileSync(join(directory, 'spoke.yaml'), 'name: broken\nentrypoint: main:register\nx: 1\n'),
    'is a directory': (directory) => mkdirSync(join(directory, 'spoke.yaml')),
    'is a link to a manifest': (directory) => {
      writeFileSync(join(directory, 'real.yaml'), 'name: broken\nentrypoint: main:register\n');
      symlinkSync('real.yaml', join(directory, 'spoke.yaml'));
    },
    'is a link to a secret': (directory) => symlinkSync('/etc/passwd', join(directory, 'spoke.yaml')),
    'is a link to nothing': (directory) => symlinkSync('nowhere', join(directory, 'spoke.yaml')),
  };

  it.each(Object.entries(broken))('whose manifest %s', async (_, spoil) => {
    const { first, discover } = makePlaces();
    const directory = writeSpoke(first, 'broken');
    rmSync(join(directory, 'spoke.yaml'));
    spoil(directory);
    writeSpoke(first, 'alpha');
    writeSpoke(first, 'zeta');
    const found = await discover();
    expect(found.spokes).toEqual(['alpha first/alpha', 'zeta first/zeta']);
    expect(found.refused).toEqual([{ directory: 'first/broken', problems: [expect.any(String)] }]);
    expect(found.refused[0]?.problems[0]).toMatch(/^first\/broken\/spoke\.yaml(:\d+:\d+)?: ./);
  });

  it.each<[string, Record<string, string>]>([
    ['is missing', {}],
    ['has another ending', { 'main.json': '' }],
    ['is in another directory', { 'lib/main.mjs': '' }],
    ['is a directory', { 'main.mjs/x': '' }],
  ])('whose entry module %s', async (_, files) => {
    const { first, discover } = makePlaces();
    const directory = writeSpoke(first, 'broken');
    rmSync(join(directory, 'main.mjs'));
    writeTree(directory, files);
    writeSpoke(first, 'zeta');
    const found = await discover();
    expect(found.spokes).toEqual(['zeta first/zeta']);
    expect(found.refused[0]?.problems).toEqual([
      "first/broken/spoke.yaml:3:13: the entry module 'main' is not there; expected main.js, main.mjs, main.cjs in the same directory",
    ]);
  });

  it('whose entry module is a link, which could lead out of its directory', async () => {
    const { home, first, discover } = makePlaces();
    const directory = writeSpoke(first, 'broken');
    rmSync(join(directory, 'main.mjs'));
    writeFileSync(join(home, 'elsewhere.mjs'), '');
    symlinkSync('../../elsewhere.mjs', join(directory, 'main.mjs'));
    expect((await discover()).refused).toHaveLength(1);
  });

  it('of which the user may not read a thing (skipped as root, who may read everything)', async ({
    skip,
  }) => {
    if (process.getuid?.() === 0) skip('root may read everything');
    const { first, discover } = makePlaces();
    const directory = writeSpoke(first, 'broken');
    writeSpoke(first, 'zeta');
    chmodSync(directory, 0o000);
    const found = await discover();
    chmodSync(directory, 0o700);
    expect(found.spokes).toEqual(['zeta first/zeta']);
    expect(found.refused).toEqual([
      { directory: 'first/broken', problems: ['first/broken/spoke.yaml: cannot be read (EACCES)'] },
    ]);
  });
});

describe('a name belongs to one spoke', () => {
  it("among the user's own to the first, and the other is told who has it", async () => {
    const { first, second, discover } = makePlaces();
    writeSpoke(first, 'creds');
    writeSpoke(second, 'creds');
    const { spokes, refused } = await discover();
    expect(spokes).toEqual(['creds first/creds']);
    expect(refused).toEqual([
      {
        directory: 'second/creds',
        problems: [expect.stringContaining("the name 'creds' is already taken by first/creds")],
      },
    ]);
  });

  it("a user's spoke takes the place of a bundled one, which is not told of", async () => {
    const { first, bundled, discover } = makePlaces();
    writeSpoke(first, 'creds');
    writeSpoke(bundled, 'creds');
    writeSpoke(bundled, 'nosy');
    expect(await discover({ bundled: { root: bundled, enabled: ['creds', 'nosy'] } })).toEqual({
      spokes: ['creds first/creds', 'nosy bundled/nosy'],
      refused: [],
    });
  });

  it('and not to a bundled one that lies in a directory of another name', async () => {
    const { first, bundled, discover } = makePlaces();
    writeSpoke(first, 'aws');
    writeSpoke(bundled, 'creds', { 'spoke.yaml': 'name: aws\nentrypoint: main:register\n' });
    const { spokes } = await discover({ bundled: { root: bundled, enabled: ['creds'] } });
    expect(spokes).toEqual(['aws first/aws']);
  });

  it('that of a refused one is free', async () => {
    const { first, second, discover } = makePlaces();
    writeSpoke(first, 'creds', { 'spoke.yaml': 'name: creds\nentrypoint: main:register\nx: 1\n' });
    writeSpoke(second, 'creds');
    const { spokes, refused } = await discover();
    expect(spokes).toEqual(['creds second/creds']);
    expect(refused).toHaveLength(1);
  });
});

describe('a bundled spoke', () => {
  it('runs only when it is enabled by name', async () => {
    const { bundled, discover } = makePlaces();
    writeSpoke(bundled, 'creds');
    writeSpoke(bundled, 'nosy');
    expect((await discover()).spokes).toEqual([]);
    expect((await discover({ bundled: { root: bundled, enabled: ['nosy'] } })).spokes).toEqual([
      'nosy bundled/nosy',
    ]);
  });

  it('that is enabled and not there is told of', async () => {
    const { bundled, discover } = makePlaces();
    writeSpoke(bundled, 'creds');
    expect(await discover({ bundled: { root: bundled, enabled: ['absent', 'creds'] } })).toEqual({
      spokes: ['creds bundled/creds'],
      refused: [
        { directory: 'bundled/absent', problems: ['bundled/absent/spoke.yaml: there is no such file'] },
      ],
    });
  });

  it('is listed whether it is enabled or not', async () => {
    const { bundled } = makePlaces();
    writeSpoke(bundled, 'nosy');
    writeSpoke(bundled, 'creds');
    writeTree(join(bundled, 'runtime'), { 'client.mjs': '' });
    expect(await bundledNames(createPowers(), bundled)).toEqual(['creds', 'nosy']);
  });
});

it('a spoke reached through a link is known by the directory itself, and only once', async () => {
  const { home, first, discover } = makePlaces();
  writeSpoke(join(home, 'code'), 'creds');
  symlinkSync('../code/creds', join(first, 'one'));
  symlinkSync('../code/creds', join(first, 'two'));
  const { spokes, refused } = await discover();
  expect(spokes).toEqual(['creds code/creds']);
  expect(refused.map(({ directory }) => directory)).toEqual(['first/two']);
});

it.each(['open', 'readdir'] as const)(
  'while %s finds no descriptor left the look fails as a whole, so that nothing counts as gone',
  async (call) => {
    const { home, first } = makePlaces();
    writeSpoke(first, 'creds');
    const places = { roots: [first], bundled: { root: first, enabled: [] }, home };
    const { spokes } = await discoverSpokes(createPowers(), places);
    const { files } = createPowers();
    const wanting = () => Promise.reject(Object.assign(new Error('no descriptor'), { code: 'EMFILE' }));
    const powers = createPowers({ files: { ...files, [call]: wanting } });
    await expect(discoverSpokes(powers, places, spokes)).rejects.toMatchObject({ isWant: true });
  },
);
