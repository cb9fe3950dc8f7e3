import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AxiumError } from '../../core/errors.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { SpokeBook } from '../../core/registry/spoke-book.ts';
import { createPowers } from '../support/powers.ts';
import { writeSpoke, writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

async function openBook() {
  const home = makeTemporaryDirectory();
  const [spokes, bundledRoot] = [writeTree(join(home, 'spokes'), {}), writeTree(join(home, 'bundled'), {})];
  const configFile = join(home, 'config.yaml');
  writeSpoke(spokes, 'creds');
  writeSpoke(bundledRoot, 'nosy');
  const book = await SpokeBook.open({
    powers: createPowers(),
    configFile,
    roots: [spokes],
    bundledRoot,
    home,
  });
  const names = () => book.list().map(({ manifest }) => manifest.name);
  return { book, names, spokes, configFile };
}

it('the book follows what is on disk when it is read again, and not before', async () => {
  const { book, names, spokes, configFile } = await openBook();
  expect(names()).toEqual(['creds']);
  writeSpoke(spokes, 'aws');
  writeFileSync(configFile, 'spokes: {bundled: [nosy]}\n');
  expect(names()).toEqual(['creds']);
  await book.refresh();
  expect(names()).toEqual(['aws', 'creds', 'nosy']);
  rmSync(join(spokes, 'creds'), { recursive: true });
  await book.refresh();
  expect(names()).toEqual(['aws', 'nosy']);
});

it('a config.yaml that broke changes nothing', async () => {
  const { book, names, spokes, configFile } = await openBook();
  const { config } = book;
  writeSpoke(spokes, 'aws');
  writeFileSync(configFile, 'spokes: [\n');
  await expect(book.refresh()).rejects.toBeInstanceOf(InvalidFile);
  expect([names(), book.config]).toEqual([['creds'], config]);
});

it("one spoke's manifest is read again by itself, and stays as it was where that is broken", async () => {
  const { book, spokes } = await openBook();
  const write = (text: string) => writeFileSync(join(spokes, 'creds/spoke.yaml'), text);
  write('name: creds\nversion: 2.0.0\nentrypoint: main:register\n');
  await book.refreshOne('creds');
  expect(book.get('creds')?.manifest.version).toBe('2.0.0');
  for (const broken of ['name: [\n', 'name: other\nentrypoint: main:register\n']) {
    write(broken);
    await expect(book.refreshOne('creds')).rejects.toMatchObject({ name: 'AxiumError', code: 'invalid' });
    expect(book.get('creds')?.manifest.version).toBe('2.0.0');
  }
  await expect(book.refreshOne('nosuch')).rejects.toEqual(
    new AxiumError('not_found', "spoke 'nosuch' not found"),
  );
});

it('a spoke whose spoke.yaml broke is kept as it was loaded, and what is wrong is told', async () => {
  const { book, names, spokes } = await openBook();
  const before = book.get('creds');
  writeFileSync(join(spokes, 'creds/spoke.yaml'), 'name: [\n');
  await book.refreshSpokes();
  expect([names(), book.get('creds') === before, book.found]).toEqual([['creds'], true, [before]]);
  expect(book.refused).toMatchObject([{ directory: join(spokes, 'creds') }]);
});

it('a spoke that somebody else could change now is not kept', async () => {
  const { book, names, spokes } = await openBook();
  for (const name of ['main.mjs', 'spoke.yaml']) {
    const file = join(spokes, 'creds', name);
    chmodSync(file, 0o666);
    await book.refreshSpokes();
    expect([name, names(), book.refused.length]).toEqual([name, [], 1]);
    chmodSync(file, 0o600);
    await book.refreshSpokes();
    expect(names()).toEqual(['creds']);
  }
});

it('a changed version counts only once it has been taken, and one that did not change stays the same object', async () => {
  const { book, spokes } = await openBook();
  const before = book.get('creds');
  await book.refresh();
  expect(book.found[0]).toBe(before);
  writeFileSync(join(spokes, 'creds/main.mjs'), 'export function register() { return 1; }\n');
  await book.refreshSpokes();
  const [found] = book.found;
  expect([book.get('creds') === before, found === before]).toEqual([true, false]);
  expect([found && book.take(found), found && book.take(found)]).toEqual([true, false]);
  expect(book.get('creds')).toBe(found);
  await book.refreshSpokes();
  expect(book.found).toEqual([found]);
  rmSync(join(spokes, 'creds'), { recursive: true });
  await book.refreshSpokes();
  expect(found && book.take(found)).toBe(false);
  expect(book.list()).toEqual([]);
});
