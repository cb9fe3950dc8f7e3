import { chmod, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeWorld, type World } from '../broker/support/broker-world.ts';

/** Directories in and outside of the grant, the names that can lie in each, and what a name can be. */
const PLACES = ['granted', 'granted/a', 'granted/a/b', 'outside', 'outside/a'] as const;
const NAMES = ['x', 'y', 'link'] as const;

type Thing = { readonly is: 'file' } | { readonly is: 'link'; readonly to: string };

const path = fc.tuple(fc.constantFrom(...PLACES), fc.constantFrom(...NAMES)).map((parts) => parts.join('/'));
const target = fc.oneof(
  path,
  fc.constantFrom(...PLACES),
  fc.constantFrom('nothing', 'outside/nothing', 'granted/link/x'),
);
const thing: fc.Arbitrary<Thing> = fc.oneof(
  fc.constant({ is: 'file' } as const),
  target.map((to) => ({ is: 'link', to }) as const),
);
const tree = fc.dictionary(path, thing, { maxKeys: 12 }).map((things) => Object.entries(things));
/** A name in the tree, or one that is reached through two of them. */
const asked = fc.oneof(
  path,
  fc.tuple(path, fc.constantFrom('x', 'a/x', 'b/x', 'link/x')).map((parts) => parts.join('/')),
);

/** Makes the tree anew: every file says where it is, so that what was read tells what was opened. */
async function grow(
  { home }: World,
  things: readonly (readonly [string, Thing])[],
  say: (name: string) => string = (name) => name,
): Promise<void> {
  for (const top of ['granted', 'outside']) await rm(`${home}/${top}`, { recursive: true, force: true });
  for (const place of PLACES) await mkdir(`${home}/${place}`, { recursive: true });
  for (const [name, made] of things) {
    if (made.is === 'file') await writeFile(`${home}/${name}`, say(name));
    else await symlink(`${home}/${made.to}`, `${home}/${name}`);
  }
}

/** Where the kernel says that a path leads; null for nowhere. */
const really = (name: string) => realpath(name).catch(() => null);

const isGranted = (home: string, real: string) => real.startsWith(`${home}/granted/`);

async function filesOutside(home: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(`${home}/outside`, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')])),
  );
}

test('whatever links there are, what is read is what was decided on, and lies in the grant', async () => {
  const world = await makeWorld();
  const { home, ask, audit } = world;
  let read = 0;
  await fc.assert(
    fc.asyncProperty(tree, asked, async (things, name) => {
      await grow(world, things);
      const real = await really(`${home}/${name}`);
      const before = audit.entries.length;
      const response = await ask({ cmd: 'fs_read', path: `${home}/${name}` });
      const decisions = audit.entries.slice(before).filter(({ type }) => type === 'decision');
      expect(decisions).toHaveLength(1);
      if (!response.ok) return;
      read += 1;
      expect(real !== null && isGranted(home, real)).toBe(true);
      expect(decisions).toMatchObject([{ effect: 'allow', target: real }]);
      expect(`${home}/${response.data}`).toBe(real);
    }),
    { numRuns: 400 },
  );
  // Otherwise it was a claim about nothing.
  expect(read).toBeGreaterThan(10);
});

test('whatever links there are, what is written is what was decided on, and nothing outside changes', async () => {
  const world = await makeWorld();
  const { home, ask, audit } = world;
  let written = 0;
  await fc.assert(
    fc.asyncProperty(tree, asked, async (things, name) => {
      await grow(world, things);
      const outside = await filesOutside(home);
      const parent = await really(dirname(`${home}/${name}`));
      const before = audit.entries.length;
      const response = await ask({ cmd: 'fs_write', path: `${home}/${name}`, data: 'written' });
      const decisions = audit.entries.slice(before).filter(({ type }) => type === 'decision');
      expect(decisions).toHaveLength(1);
      expect(await filesOutside(home)).toEqual(outside);
      if (!response.ok) return;
      written += 1;
      const real = `${parent ?? (await really(dirname(`${home}/${name}`)))}/${name.split('/').at(-1)}`;
      expect(isGranted(home, real)).toBe(true);
      expect(decisions).toMatchObject([{ effect: 'allow', target: real }]);
      expect(await readFile(real, 'utf8')).toBe('written');
    }),
    { numRuns: 400 },
  );
  expect(written).toBeGreaterThan(10);
});

test('a configuration that is a link is decided on where it leads', async () => {
  const world = await makeWorld();
  const { home, ask, audit } = world;
  let read = 0;
  await fc.assert(
    fc.asyncProperty(tree, target, async (things, to) => {
      await grow(world, things, (where) => `where: ${where}\n`);
      await mkdir(`${home}/granted/spokes`, { recursive: true });
      const file = `${home}/granted/spokes/creds.yaml`;
      await symlink(`${home}/${to}`, file);
      const real = await really(file);
      const before = audit.entries.length;
      const response = await ask({ cmd: 'get_config' });
      const decisions = audit.entries.slice(before).filter(({ type }) => type === 'decision');
      expect(decisions).toHaveLength(1);
      if (!response.ok || real === null) return;
      read += 1;
      expect(isGranted(home, real)).toBe(true);
      expect(decisions).toMatchObject([{ effect: 'allow', target: real }]);
      expect(`${home}/${(response.value as { where?: string }).where}`).toBe(real);
    }),
    { numRuns: 600 },
  );
  expect(read).toBeGreaterThan(5);
});

test('what writing refuses for the file itself is on record as allowed, with an outcome that failed', async () => {
  const { home, ask, audit } = await makeWorld();
  await writeFile(`${home}/granted/set-id`, 'x');
  await chmod(`${home}/granted/set-id`, 0o4755);
  const response = await ask({ cmd: 'fs_write', path: `${home}/granted/set-id`, data: 'y' });
  expect(response).toMatchObject({ ok: false, code: 'failed' });
  expect(audit.entries.slice(-2)).toMatchObject([
    { type: 'decision', effect: 'allow', target: `${home}/granted/set-id` },
    { type: 'outcome', ok: false, code: 'failed' },
  ]);
  expect(await readFile(`${home}/granted/set-id`, 'utf8')).toBe('x');
});
