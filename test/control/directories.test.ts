import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { makeDirectories } from '../../core/directories.ts';
import { type Places, placesFor } from '../../schemas/places.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const OWN = [
  'config',
  'state',
  'run',
  'spokeLogs',
  'storage',
  'spokesDirectory',
  'overridesDirectory',
] as const;
let places: Places;

beforeEach(() => {
  const home = makeTemporaryDirectory();
  places = placesFor({ AXIUM_HOME: `${home}/axium` }, home);
});

test("the daemon's directories are made, and only its user can enter them", async () => {
  await makeDirectories(createPowers(), places);
  for (const name of OWN) expect([name, (await stat(places[name])).mode & 0o777]).toEqual([name, 0o700]);
});

test('a home whose socket would have a path of 108 bytes is refused before anything is made', async () => {
  const home = makeTemporaryDirectory();
  const rest = '/run/axiumd.sock'.length + home.length + 1;
  const at = (bytes: number) => `${home}/${'ü'.repeat(4)}${'x'.repeat(bytes - rest - 8)}`;
  const long = placesFor({ AXIUM_HOME: at(108) }, home);
  await expect(makeDirectories(createPowers(), long)).rejects.toMatchObject({
    code: 'invalid',
    message: `${long.socket}: expected at most 107 bytes, as the path of a socket can have, found 108; set AXIUM_HOME or XDG_RUNTIME_DIR to a directory with a shorter path`,
  });
  expect(await readdir(home)).toEqual([]);
  const fits = placesFor({ AXIUM_HOME: at(107) }, home);
  await makeDirectories(createPowers(), fits);
  const server = await createPowers().listen(fits.socket);
  server.close();
});

test('directories that are there stay as they are', async () => {
  await mkdir(places.config, { recursive: true });
  await chmod(places.config, 0o755);
  await makeDirectories(createPowers(), places);
  await makeDirectories(createPowers(), places);
  expect((await stat(places.config)).mode & 0o777).toBe(0o755);
});

test.each(OWN)('%s of another user is refused, since that one could exchange its files', async (name) => {
  const powers = createPowers();
  await makeDirectories(powers, places);
  const own = { ...places, [name]: `${places.config}/../other` };
  await mkdir(own[name]);
  const others = new Set([own[name]]);
  const files = {
    ...powers.files,
    stat: async (path: string) => {
      const found = await powers.files.stat(path);
      return others.has(path) ? Object.assign(found, { uid: powers.uid + 1 }) : found;
    },
  } as unknown as typeof powers.files;
  await expect(makeDirectories({ ...powers, files }, own)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(`${own[name]}: expected a directory of uid ${powers.uid}`),
  });
});

test.each([
  ['config', '770'],
  ['state', '702'],
  ['run', '777'],
  ['storage', '720'],
  ['overridesDirectory', '777'],
] as const)('%s with mode %s is refused, since others can write in it', async (name, mode) => {
  await makeDirectories(createPowers(), places);
  await chmod(places[name], Number.parseInt(mode, 8));
  await expect(makeDirectories(createPowers(), places)).rejects.toMatchObject({
    code: 'invalid',
    message: `${places[name]}: expected a directory that only its owner can write in; run chmod go-w on it`,
  });
});

test.each([
  ['everybody', 0o777],
  ['a group', 0o770],
])(
  'a home in which %s can write is refused: another directory could be put in the place of one',
  async (_, mode) => {
    const powers = { ...createPowers(), uid: process.getuid?.() ?? 0 };
    await makeDirectories(powers, places);
    const home = dirname(places.config);
    await chmod(home, mode);
    const strangersGroup = async (path: string) => Object.assign(await stat(path), { gid: powers.uid + 1 });
    const files = { ...powers.files, stat: strangersGroup } as unknown as typeof powers.files;
    await expect(makeDirectories({ ...powers, files }, places)).rejects.toMatchObject({
      code: 'invalid',
      message: `${home}: expected a directory in which only its owner can write, since others could exchange ${places.config}; run chmod go-w on it`,
    });
    await chmod(home, mode | 0o1000);
    await makeDirectories({ ...powers, files }, places);
  },
);

test('a home of somebody else is refused', async () => {
  const powers = createPowers();
  await makeDirectories(powers, places);
  const home = dirname(places.config);
  const files = {
    ...powers.files,
    stat: async (path: string) => {
      const found = await stat(path);
      return path === home ? Object.assign(found, { uid: powers.uid + 1 }) : found;
    },
  } as unknown as typeof powers.files;
  await expect(makeDirectories({ ...powers, files }, places)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(`${home}: expected a directory of uid ${powers.uid} or root`),
  });
});
