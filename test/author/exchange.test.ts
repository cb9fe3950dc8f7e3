import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { exchange } from '../../core/author/exchange.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

async function twoVersions() {
  const root = makeTemporaryDirectory();
  for (const name of ['old', 'new']) {
    await mkdir(`${root}/${name}`);
    await writeFile(`${root}/${name}/text`, name);
  }
  const found = async () =>
    Object.fromEntries(
      await Promise.all(
        (await readdir(root)).map(async (name) => [name, await readFile(`${root}/${name}/text`, 'utf8')]),
      ),
    );
  return { root, found };
}

test('two directories change their names', async () => {
  const { root, found } = await twoVersions();
  await exchange(createPowers(), `${root}/new`, `${root}/old`);
  expect(await found()).toEqual({ old: 'new', new: 'old' });
});

test('where one of them is not there, all is as it was', async () => {
  const { root, found } = await twoVersions();
  await expect(exchange(createPowers(), `${root}/nosuch`, `${root}/old`)).rejects.toThrow('ENOENT');
  await expect(exchange(createPowers(), `${root}/new`, `${root}/nosuch`)).rejects.toThrow('ENOENT');
  expect(await found()).toEqual({ old: 'old', new: 'new' });
});
