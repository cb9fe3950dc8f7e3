import { spawnSync } from 'node:child_process';
import { promises as files, linkSync, symlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { collectFiles } from '../../core/author/collect-files.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const directoryOf = (tree: Readonly<Record<string, string>>) => writeTree(makeTemporaryDirectory(), tree);

it('a checkout is its files, in the order of their paths, without what is no part of a spoke', async () => {
  const directory = directoryOf({
    'spoke.yaml': 'name: x\n',
    'main.mjs': 'export {};\n',
    'lib/b.mjs': '',
    '.git/config': '',
    '.gitignore': '',
    'node_modules/x/index.js': '',
    '__pycache__/main.pyc': '',
    'spoke.d.ts': '',
    'x-0.1.0.tgz': '',
  });
  const found = await collectFiles(files, directory);
  expect(found.map(({ path }) => path)).toEqual(['lib/b.mjs', 'main.mjs', 'spoke.yaml']);
  expect(found.at(-1)?.bytes.toString()).toBe('name: x\n');
});

it.each<[string, (directory: string) => unknown, RegExp]>([
  [
    'a link to a file',
    (directory) => symlinkSync('/etc/passwd', `${directory}/p`),
    /^p: expected a file, found a link/,
  ],
  [
    'a link to a directory',
    (directory) => symlinkSync('/etc', `${directory}/etc`),
    /^etc: expected a file, found a link/,
  ],
  [
    'a FIFO',
    (directory) => spawnSync('mkfifo', [`${directory}/pipe`]),
    /^pipe: expected a file, found something else/,
  ],
  [
    'a name that no archive may have',
    (directory) => writeTree(directory, { 'a\nb': '' }),
    /expected names of letters/,
  ],
])('%s is told and not followed', async (_what, plant, says) => {
  const directory = directoryOf({ 'spoke.yaml': '' });
  plant(directory);
  await expect(collectFiles(files, directory)).rejects.toThrow(says);
});

it('a second name of a file comes along as a file of its own', async () => {
  const directory = directoryOf({ 'spoke.yaml': 'x' });
  linkSync(`${directory}/spoke.yaml`, `${directory}/other.yaml`);
  expect((await collectFiles(files, directory)).map(({ bytes }) => bytes.toString())).toEqual(['x', 'x']);
});
