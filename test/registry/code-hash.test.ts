import { promises as files, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hashCode } from '../../core/registry/code-hash.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const TREE = { 'spoke.yaml': 'name: x\n', 'lib/a.mjs': 'a', 'lib/b.mjs': 'b' };
const tree = () => writeTree(makeTemporaryDirectory(), TREE);

test('the same files have the same hash wherever and whenever they were made', async () => {
  const hash = await hashCode(files, tree());
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(await hashCode(files, tree())).toBe(hash);
});

test.each<[string, (root: string) => void]>([
  ['what a file holds', (root) => writeFileSync(`${root}/lib/a.mjs`, 'A')],
  ['the name of a file', (root) => renameSync(`${root}/lib/a.mjs`, `${root}/lib/c.mjs`)],
  ['where a file lies', (root) => renameSync(`${root}/lib/a.mjs`, `${root}/a.mjs`)],
  ['a file more', (root) => writeFileSync(`${root}/lib/c.mjs`, '')],
  ['a file under a name that editors use', (root) => writeFileSync(`${root}/lib/.a.mjs.swp`, '')],
  ['a file in a directory of git', (root) => writeTree(`${root}/.git`, { 'code.mjs': '' })],
  ['a link more', (root) => symlinkSync('a.mjs', `${root}/lib/link`)],
  [
    'the contents of two files in each other’s place',
    (root) => {
      writeFileSync(`${root}/lib/a.mjs`, 'b');
      writeFileSync(`${root}/lib/b.mjs`, 'a');
    },
  ],
])('another hash for %s', async (_, change) => {
  const root = tree();
  const before = await hashCode(files, root);
  change(root);
  const after = await hashCode(files, root);
  expect(after).toMatch(/^[0-9a-f]{64}$/);
  expect(after).not.toBe(before);
});

test('where a link leads counts, and not what is there', async () => {
  const [one, other] = [tree(), tree()];
  symlinkSync('a.mjs', `${one}/link`);
  symlinkSync('b.mjs', `${other}/link`);
  expect(await hashCode(files, one)).not.toBe(await hashCode(files, other));
});

test('an empty directory changes nothing, and what cannot be told has no hash', async () => {
  const root = tree();
  const before = await hashCode(files, root);
  mkdirSync(`${root}/empty`);
  expect(await hashCode(files, root)).toBe(before);
  expect(await hashCode(files, `${root}/nosuch`)).toBeNull();
});

test('a file that was empty when it was looked at, and is large when it is read, is read in large pieces', async () => {
  const root = tree();
  const file = `${root}/lib/a.mjs`;
  writeFileSync(file, '');
  let reads = 0;
  const written: Pick<typeof files, 'open' | 'readdir' | 'readlink'> = {
    ...files,
    async open(...args) {
      const handle = await files.open(...args);
      if (args[0] !== file) return handle;
      const [stat, read] = [handle.stat.bind(handle), handle.read.bind(handle)];
      handle.stat = (async () => {
        const empty = await stat();
        writeFileSync(file, 'x'.repeat(40_000));
        return empty;
      }) as typeof handle.stat;
      handle.read = ((...words: Parameters<typeof read>) => {
        reads += 1;
        return read(...words);
      }) as typeof handle.read;
      return handle;
    },
  };
  const hash = await hashCode(written as typeof files, root);
  expect(hash).toBe(await hashCode(files, root));
  expect(reads).toBeLessThan(10);
});
