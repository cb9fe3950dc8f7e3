import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { discoverSpokes } from '../../core/registry/discover.ts';
import { loadConfig } from '../../core/registry/load-config.ts';
import { formatProblem } from '../../core/registry/problem.ts';
import { SpokeBook } from '../../core/registry/spoke-book.ts';
import { overridesIn, watchOverrides } from '../support/overrides-file.ts';
import { createPowers } from '../support/powers.ts';
import { writeSpoke, writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const uid = process.getuid?.() ?? 0;
const OTHER = 65_534;
const THIRD = 4711;
const me = uid === 0 ? 'root' : `uid ${uid} or root`;

/** What only root can set up, since nobody else can give files away. */
const asRoot = it.skipIf(uid !== 0);

/** A root with two spokes, the first with its module in a directory below, and a bundled one. */
function makeSpokes() {
  const home = makeTemporaryDirectory();
  const root = writeTree(join(home, 'above/root'), {});
  const bundled = writeTree(join(home, 'bundled'), {});
  writeSpoke(root, 'creds', {
    'spoke.yaml': 'name: creds\nentrypoint: lib/main:register\n',
    'lib/main.mjs': '',
  });
  writeSpoke(root, 'zeta');
  writeSpoke(bundled, 'nosy');
  const discover = async (changed: { readonly roots?: readonly string[]; readonly uid?: number } = {}) => {
    const powers = createPowers(changed.uid === undefined ? {} : { uid: changed.uid });
    const { spokes, refused } = await discoverSpokes(powers, {
      roots: changed.roots ?? [root],
      bundled: { root: bundled, enabled: ['nosy'] },
      home,
    });
    return {
      spokes: spokes.map(({ manifest }) => manifest.name),
      problems: refused.map(({ problems }) =>
        problems.map((problem) => formatProblem(problem).replaceAll(`${home}/`, '')).join(),
      ),
    };
  };
  return { home, root, bundled, discover };
}

const IN_SPOKE = ['', '/spoke.yaml', '/lib', '/lib/main.mjs'];

describe('a spoke whose code somebody else can change is refused, and the others run', () => {
  it.each(IN_SPOKE)('where everybody can write in its directory%s', async (name) => {
    const { root, discover } = makeSpokes();
    const file = /\.\w+$/.test(name);
    const mode = file ? 0o646 : 0o757;
    chmodSync(`${root}/creds${name}`, mode);
    const { spokes, problems } = await discover();
    expect(spokes).toEqual(['zeta', 'nosy']);
    expect(problems).toEqual([
      `above/root/creds${name}: expected a ${file ? 'file' : 'directory'} that only its owner can write in, found mode 0${mode.toString(8)} and group ${process.getgid?.()}; once you trust it, run: chmod go-w above/root/creds${name}`,
    ]);
  });

  asRoot.each(IN_SPOKE)('where %s belongs to somebody else', async (name) => {
    const { root, discover } = makeSpokes();
    chownSync(`${root}/creds${name}`, OTHER, 0);
    const { spokes, problems } = await discover();
    expect(spokes).toEqual(['zeta', 'nosy']);
    expect(problems).toEqual([
      `above/root/creds${name}: expected a ${/\.\w+$/.test(name) ? 'file' : 'directory'} of root, found one of uid ${OTHER}; once you trust it, run: chown 0 above/root/creds${name}`,
    ]);
  });

  asRoot.each(IN_SPOKE)('where the group of %s can write in it and is not the own one', async (name) => {
    const { root, discover } = makeSpokes();
    chownSync(`${root}/creds${name}`, 0, THIRD);
    chmodSync(`${root}/creds${name}`, 0o775);
    const { spokes, problems } = await discover();
    expect(spokes).toEqual(['zeta', 'nosy']);
    expect(problems).toEqual([expect.stringContaining(`mode 0775 and group ${THIRD}`)]);
  });

  asRoot(
    "but not where it is the group of the same number as the user, which is that user's own",
    async () => {
      const { root, discover } = makeSpokes();
      chownSync(`${root}/creds/lib`, 0, 0);
      chmodSync(`${root}/creds/lib`, 0o775);
      expect((await discover()).spokes).toContain('creds');
    },
  );

  it.each([
    ['a module that the entry module imports', 'parts/deep/helper.mjs', 0o646],
    ['what lies beside the code', 'data.json', 0o622],
    ['what belongs to version control', '.git/hooks/pre-commit', 0o777],
  ])('where everybody can write in %s', async (_, name, mode) => {
    const { root, discover } = makeSpokes();
    writeTree(`${root}/creds`, { [name]: '' });
    chmodSync(`${root}/creds/${name}`, mode);
    const { spokes, problems } = await discover();
    expect(spokes).toEqual(['zeta', 'nosy']);
    expect(problems).toEqual([
      expect.stringMatching(
        new RegExp(`^above/root/creds/${name}: .*run: chmod go-w above/root/creds/${name}$`),
      ),
    ]);
  });

  it('with the command that mends all of it, where there is much', async () => {
    const { root, discover } = makeSpokes();
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      writeTree(`${root}/creds`, { [`${name}.mjs`]: '' });
      chmodSync(`${root}/creds/${name}.mjs`, 0o666);
    }
    const { problems } = await discover();
    expect(problems[0]).toMatch(/found 2 more that are not; .* run: chmod -R go-w above\/root\/creds$/);
  });

  asRoot('where what a module imports, or a link, belongs to somebody else', async () => {
    for (const name of ['lib/helper.mjs', 'lib/link.mjs']) {
      const { root, discover } = makeSpokes();
      writeTree(`${root}/creds`, { 'lib/helper.mjs': '' });
      symlinkSync('helper.mjs', `${root}/creds/lib/link.mjs`);
      lchownSync(`${root}/creds/${name}`, OTHER, OTHER);
      expect((await discover()).spokes).toEqual(['zeta', 'nosy']);
    }
  });

  it('and the version before is not kept either', async () => {
    const { home, root, bundled } = makeSpokes();
    const book = await SpokeBook.open({
      powers: createPowers(),
      configFile: join(home, 'config.yaml'),
      roots: [root],
      bundledRoot: bundled,
      home,
    });
    writeTree(`${root}/zeta`, { 'helper.mjs': '' });
    chmodSync(`${root}/zeta/helper.mjs`, 0o666);
    await book.refreshSpokes();
    expect(book.list().map(({ manifest }) => manifest.name)).toEqual(['creds']);
  });

  it('also when it is read again by itself', async () => {
    const { home, root, bundled } = makeSpokes();
    const configFile = join(home, 'config.yaml');
    const book = await SpokeBook.open({
      powers: createPowers(),
      configFile,
      roots: [root],
      bundledRoot: bundled,
      home,
    });
    chmodSync(`${root}/zeta/main.mjs`, 0o666);
    await expect(book.refreshOne('zeta')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('chmod go-w'),
    });
  });
});

describe('a directory in which somebody else could put a spoke is refused as a whole', () => {
  it.each([0o777, 0o1777])('a root in which everybody can write, mode %o', async (mode) => {
    const { root, discover } = makeSpokes();
    chmodSync(root, mode);
    const { spokes, problems } = await discover();
    expect(spokes).toEqual(['nosy']);
    expect(problems).toEqual([expect.stringMatching(/^above\/root: .*run: chmod go-w above\/root$/)]);
  });

  it('a root below a directory in which everybody can write', async () => {
    const { home, discover } = makeSpokes();
    chmodSync(join(home, 'above'), 0o777);
    const { spokes, problems } = await discover();
    expect(spokes).toEqual(['nosy']);
    expect(problems).toEqual([expect.stringMatching(/^above: .*run: chmod go-w above$/)]);
  });

  it('and not one below a sticky directory, where nobody can rename what is ours', async () => {
    const { home, discover } = makeSpokes();
    chmodSync(join(home, 'above'), 0o1777);
    expect(await discover()).toEqual({ spokes: ['creds', 'zeta', 'nosy'], problems: [] });
  });

  asRoot('a root that belongs to somebody else, or is below such a directory', async () => {
    for (const name of ['above/root', 'above']) {
      const { home, discover } = makeSpokes();
      chownSync(join(home, name), OTHER, 0);
      const { spokes, problems } = await discover();
      expect(spokes).toEqual(['nosy']);
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: .*found one of uid ${OTHER}`))]);
    }
  });

  it('for an ordinary user everything that belongs to another one but root', async ({ skip }) => {
    if (uid === 0) skip('what belongs to root is believed');
    const { discover } = makeSpokes();
    const { spokes, problems } = await discover({ uid: THIRD });
    // What came with Axium belongs to whoever installed it.
    expect(spokes).toEqual(['nosy']);
    expect(problems).toEqual([expect.stringContaining(`of uid ${THIRD} or root, found one of uid ${uid}`)]);
  });
});

describe('links on the way to a spoke', () => {
  it('are followed, and what is on the way behind them counts as well', async () => {
    const { home, root, discover } = makeSpokes();
    mkdirSync(join(home, 'shared'));
    writeSpoke(join(home, 'shared'), 'linked');
    symlinkSync('../../shared/linked', join(root, 'link'));
    expect((await discover()).spokes).toContain('linked');
    chmodSync(join(home, 'shared'), 0o777);
    const { spokes, problems } = await discover();
    expect(spokes).toEqual(['creds', 'zeta', 'nosy']);
    expect(problems).toEqual([expect.stringMatching(/^shared: expected a directory that only its owner/)]);
  });

  it('count where they lie: in a directory in which everybody can write, another could be put there', async () => {
    const { home, root, discover } = makeSpokes();
    mkdirSync(join(home, 'ways'));
    symlinkSync(root, join(home, 'ways/root'));
    chmodSync(join(home, 'ways'), 0o777);
    const { spokes, problems } = await discover({ roots: [join(home, 'ways/root')] });
    expect(spokes).toEqual(['nosy']);
    expect(problems).toEqual([expect.stringMatching(/^ways: /)]);
  });

  asRoot('are not followed where somebody else made them', async () => {
    const { home, root, discover } = makeSpokes();
    writeSpoke(join(home, 'code'), 'linked');
    symlinkSync('../../code/linked', join(root, 'link'));
    lchownSync(join(root, 'link'), OTHER, OTHER);
    const { spokes, problems } = await discover();
    expect(spokes).not.toContain('linked');
    expect(problems).toEqual([
      expect.stringMatching(/^above\/root\/link: expected a link of root, .* chown -h 0 above\/root\/link$/),
    ]);
  });
});

describe('bundled spokes', () => {
  it('are believed whoever can write in them, who can change the daemon as well', async () => {
    const { bundled, discover } = makeSpokes();
    chmodSync(`${bundled}/nosy`, 0o777);
    const { spokes } = await discover();
    expect(spokes).toContain('nosy');
  });
});

it('a path with blanks stands in quotes in the command that would mend it', async () => {
  const home = makeTemporaryDirectory();
  const root = writeTree(join(home, "my spoke's"), {});
  chmodSync(root, 0o777);
  const { refused } = await discoverSpokes(createPowers(), {
    roots: [root],
    bundled: { root: home, enabled: [] },
    home,
  });
  expect(refused[0]?.problems[0]?.message).toMatch(/run: chmod go-w '.*\/my spoke'\\''s'$/);
});

describe('config.yaml', () => {
  it('is not believed where everybody can write in it', async () => {
    const file = join(makeTemporaryDirectory(), 'config.yaml');
    writeFileSync(file, 'sandbox: {require: none}\n');
    chmodSync(file, 0o606);
    await expect(loadConfig(createPowers(), file)).rejects.toThrow(
      `${file}: expected a file that only its owner can write in, found mode 0606`,
    );
    chmodSync(file, 0o600);
    expect((await loadConfig(createPowers(), file)).sandbox.require).toBe('none');
  });

  asRoot('is not believed where it belongs to somebody else', async () => {
    const file = join(makeTemporaryDirectory(), 'config.yaml');
    writeFileSync(file, '');
    chownSync(file, OTHER, OTHER);
    await expect(loadConfig(createPowers(), file)).rejects.toThrow(`expected a file of ${me}`);
  });
});

describe('permissions.yaml', () => {
  const NARROW = 'creds:\n  exec: false\n';
  const WIDE = 'creds:\n  exec: true\n';

  async function inForce() {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), NARROW);
    const watched = watchOverrides(directory);
    await watched.settle();
    return { file: overridesIn(directory), watched };
  }

  it('that everybody can write in widens nothing until that is mended', async () => {
    const { file, watched } = await inForce();
    chmodSync(file, 0o602);
    writeFileSync(file, WIDE);
    await watched.settle();
    const { state } = watched.overrides;
    expect(state.inForce?.text).toBe(NARROW);
    expect(state.pending).toBeNull();
    expect(state.problems.map(formatProblem)).toEqual([
      `${file}: expected a file that only its owner can write in, found mode 0602 and group ${process.getgid?.()}; once you trust it, run: chmod go-w ${file}`,
    ]);
    chmodSync(file, 0o600);
    await watched.settle();
    expect(watched.overrides.state).toMatchObject({ inForce: { text: WIDE }, problems: [] });
  });

  it('that everybody can write in is not believed at the first start either', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), WIDE);
    chmodSync(overridesIn(directory), 0o666);
    const watched = watchOverrides(directory);
    await watched.settle();
    expect(watched.overrides.state.inForce).toBeNull();
  });

  asRoot('that belongs to somebody else widens nothing', async () => {
    const { file, watched } = await inForce();
    writeFileSync(file, WIDE);
    chownSync(file, OTHER, OTHER);
    await watched.settle();
    expect(watched.overrides.state.inForce?.text).toBe(NARROW);
    expect(watched.overrides.state.problems).toHaveLength(1);
  });
});
