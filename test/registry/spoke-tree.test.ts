import { chmodSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fingerprintTree, listTree } from '../../core/registry/spoke-tree.ts';
import { createPowers } from '../support/powers.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const { files } = createPowers();

it('the fingerprint of a tree changes with whatever happens to a file in it', async () => {
  const root = writeTree(makeTemporaryDirectory(), { 'main.mjs': '1', 'lib/a.mjs': '1' });
  const seen = new Set([await fingerprintTree(files, root)]);
  const changes = {
    'another text of the same length, at the same time': () => {
      writeFileSync(join(root, 'main.mjs'), '2');
      utimesSync(join(root, 'main.mjs'), 1, 1);
    },
    'replaced by rename': () => {
      writeFileSync(join(root, 'lib/a.mjs.new'), '1');
      renameSync(join(root, 'lib/a.mjs.new'), join(root, 'lib/a.mjs'));
    },
    'a new file': () => writeFileSync(join(root, 'lib/b.mjs'), ''),
    'a removed file': () => rmSync(join(root, 'lib/b.mjs')),
    'another mode': () => chmodSync(join(root, 'main.mjs'), 0o600),
    'a link': () => symlinkSync('main.mjs', join(root, 'other.mjs')),
  };
  for (const [what, change] of Object.entries(changes)) {
    change();
    const now = await fingerprintTree(files, root);
    // Removing what was made leads back to where it was.
    if (what !== 'a removed file') expect([what, seen.has(now)]).toEqual([what, false]);
    seen.add(now);
  }
});

it('what editors and version control keep beside the code changes nothing', async () => {
  const root = writeTree(makeTemporaryDirectory(), { 'main.mjs': '1' });
  const before = await fingerprintTree(files, root);
  writeTree(root, { '.git/index': '1', 'main.mjs~': '1', '.main.mjs.swp': '1', '.#main.mjs': '1' });
  expect(await fingerprintTree(files, root)).toBe(before);
});

it('a tree that is too large is listed up to its bounds', async () => {
  const root = makeTemporaryDirectory();
  const many = Array.from({ length: 300 }, (_, index) => [`d${index}/f`, '']);
  writeTree(root, Object.fromEntries(many));
  const { directories } = await listTree(files, root);
  expect(directories).toHaveLength(256);
});

it('a tree that cannot be read for a moment is no empty tree, and one that is not there is', async () => {
  const readdir = () => Promise.reject(Object.assign(new Error(), { code: 'EMFILE' }));
  const busy = { ...files, readdir } as unknown as typeof files;
  await expect(listTree(busy, '/tmp')).rejects.toMatchObject({ code: 'EMFILE' });
  expect((await listTree(files, join(makeTemporaryDirectory(), 'none'))).files).toEqual([]);
});
