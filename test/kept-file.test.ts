import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { keptFile } from '../core/kept-file.ts';
import { createPowers } from './support/powers.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const HOLDS = { schema: z.strictObject({ name: z.string() }), holds: 'a name' };

function makeFile() {
  const directory = makeTemporaryDirectory();
  const powers = createPowers();
  const path = `${directory}/name.json`;
  return { directory, path, powers, file: keptFile(powers, path, HOLDS) };
}

it('what was written is read, and nothing is read where nothing was', async () => {
  const { path, powers, file } = makeFile();
  expect(await file.read()).toBeNull();
  await file.write({ name: 'ada' });
  expect(await file.read()).toEqual({ name: 'ada' });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ v: 1 });
  expect(powers.logged).toEqual([]);
});

it.each<[string, (path: string, text: string) => void]>([
  ['cut', (path, text) => writeFileSync(path, text.slice(0, -5))],
  ['of another name than its checksum says', (path, text) => writeFileSync(path, text.replace('ada', 'eve'))],
  ['of another version', (path, text) => writeFileSync(path, text.replace('"v":1', '"v":2'))],
  ['too large', (path, text) => writeFileSync(path, text + ' '.repeat(1_048_577))],
  ['empty', (path) => writeFileSync(path, '')],
])('a file that is %s counts as none, is moved aside as it was and told of', async (_, damage) => {
  const { directory, path, powers, file } = makeFile();
  await file.write({ name: 'ada' });
  damage(path, readFileSync(path, 'utf8'));
  const damaged = readFileSync(path, 'utf8');
  expect(await file.read()).toBeNull();
  expect(existsSync(path)).toBe(false);
  const [aside] = readdirSync(directory);
  expect(aside).toMatch(/^name\.json\.damaged-\d+$/);
  expect(readFileSync(`${directory}/${aside}`, 'utf8')).toBe(damaged);
  expect(powers.logged).toEqual([expect.stringContaining(`${path}: a name cannot be read: `)]);
});

it('a link in its place is not followed', async () => {
  const { directory, path, powers, file } = makeFile();
  await file.write({ name: 'ada' });
  const text = readFileSync(path, 'utf8');
  const other = makeTemporaryDirectory();
  writeFileSync(`${other}/name.json`, text);
  chmodSync(`${other}/name.json`, 0o600);
  const planted = keptFile(powers, `${directory}/link.json`, HOLDS);
  symlinkSync(`${other}/name.json`, `${directory}/link.json`);
  expect(await planted.read()).toBeNull();
  expect(powers.logged).toEqual([expect.stringContaining('found a symlink')]);
});
