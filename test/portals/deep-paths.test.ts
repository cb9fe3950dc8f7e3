import * as fs from 'node:fs/promises';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { resolveForReading, resolveForWriting } from '../../core/portals/resolve-path.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

let home: string;
let opened: number;

beforeEach(() => {
  home = makeTemporaryDirectory();
  opened = 0;
});

/** The real file access, with a count of what is opened. */
const powers = () => ({
  files: {
    ...fs,
    open: (...args: Parameters<typeof fs.open>) => {
      opened += 1;
      return fs.open(...args);
    },
  } as typeof fs,
  home,
  devfs: null,
});

const names = (count: number) => Array(count).fill('x').join('/');
const read = async (path: string) => {
  const { target, handle } = await resolveForReading(powers(), path);
  await handle?.close();
  return target;
};
const write = async (path: string) => {
  const { target, directory } = await resolveForWriting(powers(), path);
  await directory.close();
  return target;
};

test.each([
  ['read', read],
  ['write', write],
])('a path of more than 256 names is refused before anything is opened, by %s', async (_, resolve) => {
  const above = home.split('/').length - 1;
  expect(await resolve(`${home}/${names(256 - above)}`)).toMatchObject({ found: 'missing' });
  opened = 0;
  for (const count of [257 - above, 1900]) {
    await expect(resolve(`${home}/${names(count)}`)).rejects.toMatchObject({
      code: 'invalid',
      message: 'path: expected at most 256 names between slashes',
    });
  }
  expect(opened).toBe(0);
});

test('what is there is refused by its name like what is not', async () => {
  const directory = `${home}/${names(260)}`;
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/file`, '');
  for (const name of ['file', 'none']) {
    await expect(read(`${directory}/${name}`)).rejects.toMatchObject({ code: 'invalid' });
  }
});

test('a link that leads nowhere by more than 256 names is not followed', async () => {
  await symlink(names(1900), `${home}/link`);
  expect(await read(`${home}/link`)).toMatchObject({ found: 'missing', real: `${home}/link` });
  expect(opened).toBeLessThan(10);
});
