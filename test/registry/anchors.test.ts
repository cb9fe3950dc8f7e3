import { lchownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decide } from '../../core/policy/decide.ts';
import { createAnchorFinder } from '../../core/registry/anchors.ts';
import { createPowers } from '../support/powers.ts';
import { askPath } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const policyFor = (manifest: string, overrides = '') =>
  compileRights({ manifest: manifestText(manifest), overrides }).policy;

/** Powers of a user to whom the links that this test makes belong, or do not. */
function powersOf(whose: 'mine' | 'theirs', link: string) {
  const uid = process.getuid?.() ?? 0;
  if (whose === 'mine') return createPowers();
  // Only root can give a link away; anybody else has to be somebody else.
  if (uid === 0) lchownSync(link, 12_345, 12_345);
  return createPowers({ uid: uid === 0 ? 0 : uid + 1 });
}

describe('where the literal part of a pattern lies', () => {
  it('is itself where no link is in the way, there or not', async () => {
    const directory = makeTemporaryDirectory();
    const policy = policyFor(`fs_read: [${directory}/*, ${directory}/missing/x, /**]`);
    expect(await createAnchorFinder(createPowers())(policy)).toEqual(new Map());
  });

  it('is where links lead: relative, absolute, several, and in the middle', async () => {
    const directory = makeTemporaryDirectory();
    mkdirSync(join(directory, 'real/deep'), { recursive: true });
    symlinkSync('real', join(directory, 'relative'));
    symlinkSync(join(directory, 'relative'), join(directory, 'absolute'));
    symlinkSync('../real/./deep/../deep', join(directory, 'real/up'));
    const policy = policyFor(
      `fs_read: [${directory}/relative/*, ${directory}/absolute/deep/*, ${directory}/relative/up/x]`,
    );
    const to = (path: string, ...links: string[]) => ({
      trusted: join(directory, path),
      any: join(directory, path),
      links: links.map((link) => join(directory, link)),
    });
    expect(await createAnchorFinder(createPowers())(policy)).toEqual(
      new Map([
        [`${directory}/relative`, to('real', 'relative')],
        [`${directory}/absolute/deep`, to('real/deep', 'absolute', 'relative')],
        [`${directory}/relative/up/x`, to('real/deep/x', 'relative', 'real/up')],
      ]),
    );
  });

  it('is nowhere else for a loop of links', async () => {
    const directory = makeTemporaryDirectory();
    symlinkSync('b', join(directory, 'a'));
    symlinkSync('a', join(directory, 'b'));
    const policy = policyFor(`fs_read: [${directory}/a/x]`);
    const query = { anchors: await createAnchorFinder(createPowers())(policy) };
    expect(decide(policy, askPath('fs_read', '/etc/passwd', query)).effect).toBe('deny');
  });
});

describe('a link in the literal part', () => {
  async function effects(whose: 'mine' | 'theirs') {
    const directory = makeTemporaryDirectory();
    mkdirSync(join(directory, 'dotfiles'));
    writeFileSync(join(directory, 'dotfiles/config'), '');
    symlinkSync('dotfiles', join(directory, 'aws'));
    const powers = powersOf(whose, join(directory, 'aws'));
    const real = `${directory}/dotfiles/config`;
    const ask = async (asked: string, manifest: string, overrides?: string) => {
      const policy = policyFor(manifest, overrides);
      const anchors = await createAnchorFinder(powers)(policy);
      return decide(policy, askPath('fs_read', asked, { real, anchors })).effect;
    };
    return {
      granted: await ask(`${directory}/aws/config`, `fs_read: [${directory}/aws/*]`),
      denied: await ask(
        real,
        `fs_read: [${directory}/**]`,
        `creds: {deny: {fs_read: [${directory}/aws/*]}, fs_read: [${real}]}`,
      ),
    };
  }

  it('that root or the user made is followed', async () => {
    expect(await effects('mine')).toEqual({ granted: 'allow', denied: 'deny' });
  });

  it('that somebody else made is followed to deny, and never to allow', async () => {
    expect(await effects('theirs')).toEqual({ granted: 'deny', denied: 'deny' });
  });

  it("anywhere on the way spoils the whole way when it is somebody else's", async () => {
    const directory = makeTemporaryDirectory();
    mkdirSync(join(directory, 'real'));
    symlinkSync('real', join(directory, 'last'));
    symlinkSync('last', join(directory, 'theirs'));
    symlinkSync('theirs', join(directory, 'mine'));
    const powers = powersOf('theirs', join(directory, 'theirs'));
    const anchors = await createAnchorFinder(powers)(policyFor(`fs_read: [${directory}/mine/x]`));
    expect(anchors.get(`${directory}/mine/x`)).toMatchObject({ trusted: null, any: `${directory}/real/x` });
  });
});

describe('a link in a place that some spoke may write in', () => {
  /** What the entries of one spoke come to, with the other spokes that there are. */
  async function effectOf(fsWrite: string, ...others: readonly string[]) {
    const directory = makeTemporaryDirectory();
    mkdirSync(join(directory, 'secrets'));
    mkdirSync(join(directory, 'shop'));
    symlinkSync('../secrets', join(directory, 'shop/x'));
    symlinkSync('shop', join(directory, 'way'));
    symlinkSync('shop/x', join(directory, 'outer'));
    const policyOf = (permissions: string) => policyFor(permissions.replaceAll('@', directory));
    const spokes = others.map((entries) => policyOf(`fs_write: [${entries}]`));
    const policy = policyOf(`fs_read: ["@/outer/**"]\nfs_write: [${fsWrite}]`);
    const anchors = await createAnchorFinder(createPowers(), () => spokes)(policy);
    const real = `${directory}/secrets/key`;
    return decide(policy, askPath('fs_read', `${directory}/outer/key`, { real, anchors })).effect;
  }

  it('is followed where no spoke may', async () => {
    expect(await effectOf('', '"@/elsewhere/**"')).toBe('allow');
  });

  it.each<[string, string, ...string[]]>([
    ['itself', '"@/shop/**"'],
    ['itself, by one level of names', '"@/shop/*"'],
    ['another', '', '"@/shop/**"'],
    ['another, by a link of its own', '', '"@/way/**"'],
    ['another, for a while', '', '{path: "@/shop/**", expires: "2020-01-01T00:00:00Z"}'],
  ])('is not followed where the spoke may: %s', async (_, fsWrite, ...others) => {
    expect(await effectOf(fsWrite, ...others)).toBe('deny');
  });

  it('is followed where an entry names it alone, which gives a file and no link', async () => {
    expect(await effectOf('"@/shop/x"', '"@/shop/x"')).toBe('allow');
  });
});

it("a pattern that ends in '/' matches no file, as its warning says, link or not", async () => {
  const directory = makeTemporaryDirectory();
  writeFileSync(join(directory, 'file'), '');
  symlinkSync('file', join(directory, 'link'));
  const policy = policyFor(`fs_read: [${directory}/file/, ${directory}/link/]`);
  const anchors = await createAnchorFinder(createPowers())(policy);
  const query = askPath('fs_read', `${directory}/link`, { real: `${directory}/file`, anchors });
  expect(decide(policy, query).effect).toBe('deny');
});

it('the answer is as fresh as an edit is promised to be', async () => {
  const directory = makeTemporaryDirectory();
  for (const name of ['one', 'two']) mkdirSync(join(directory, name));
  symlinkSync('one', join(directory, 'link'));
  const powers = createPowers();
  const find = createAnchorFinder(powers);
  const policy = policyFor(`fs_read: [${directory}/link/*]`);
  const leadsTo = async () => (await find(policy)).get(`${directory}/link`)?.any;
  expect(await leadsTo()).toBe(`${directory}/one`);
  symlinkSync('two', join(directory, 'next'));
  renameSync(join(directory, 'next'), join(directory, 'link'));
  powers.clock.advance(1000);
  expect(await leadsTo()).toBe(`${directory}/two`);
  rmSync(join(directory, 'link'));
  powers.clock.advance(1000);
  expect(await leadsTo()).toBeUndefined();
});

describe('a place through which code persists, and that is a link', () => {
  /** A home with an autostart directory that lies elsewhere, and what a spoke may write there. */
  async function effectOf(fsWrite: (home: string) => string, asked: (home: string) => string) {
    const home = makeTemporaryDirectory();
    mkdirSync(join(home, 'dotfiles/autostart'), { recursive: true });
    mkdirSync(join(home, '.config'));
    symlinkSync('../dotfiles/autostart', join(home, '.config/autostart'));
    const compiled = policyFor(`fs_write: [${fsWrite(home)}]`);
    const policy = { ...compiled, guard: { ...compiled.guard, home } };
    const anchors = await createAnchorFinder(createPowers())(policy);
    const real = `${home}/dotfiles/autostart/x.desktop`;
    return decide(policy, askPath('fs_write', asked(home), { real, anchors })).effect;
  }
  const byReal = (home: string) => `${home}/dotfiles/autostart/x.desktop`;
  const byName = (home: string) => `${home}/.config/autostart/x.desktop`;

  it.each([
    ['its real path', byReal],
    ['its own name', byName],
  ])('is not opened by a wildcard, asked for by %s', async (_, asked) => {
    expect(await effectOf((home) => `${home}/dotfiles/**`, asked)).toBe('deny');
    expect(await effectOf((home) => `${home}/.config/autostart/*`, asked)).toBe('deny');
  });

  it.each([
    ['its real path', byReal],
    ['its own name', byName],
  ])('is opened by an entry without wildcards, of %s', async (_, entry) => {
    expect(await effectOf(entry, byReal)).toBe('allow');
    expect(await effectOf(entry, byName)).toBe('allow');
  });
});

it('a path of another spoke that hangs keeps no decision waiting, and no link is trusted meanwhile', async () => {
  const directory = makeTemporaryDirectory();
  mkdirSync(join(directory, 'real'));
  symlinkSync('real', join(directory, 'link'));
  const powers = createPowers();
  let looks = 0;
  const lstat = ((path: string) => {
    if (!path.startsWith('/net')) return powers.files.lstat(path);
    looks += 1;
    return new Promise(() => {});
  }) as unknown as typeof powers.files.lstat;
  const other = policyFor('fs_write: [/net/host/x/**]');
  const policy = policyFor(`fs_read: [${directory}/link/*]`);
  const find = createAnchorFinder(
    { ...powers, files: { ...powers.files, lstat } as typeof powers.files },
    () => [other],
  );
  for (const _round of [1, 2, 3]) {
    const found = find(policy);
    await powers.clock.armed();
    powers.clock.advance(250);
    expect([...(await found).values()].map(({ trusted }) => trusted)).toEqual([null]);
    powers.clock.advance(1000);
  }
  expect(looks).toBe(1);
});
