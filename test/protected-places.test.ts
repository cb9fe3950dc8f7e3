import { mkdir, realpath, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { followProtectedPlaces } from '../core/protected-places.ts';
import { until } from './jobs/support/processes.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const files = { realpath } as Parameters<typeof followProtectedPlaces>[0]['files'];

test('places are told as they really are, once, and one that is not there not at all', async () => {
  const root = makeTemporaryDirectory();
  await mkdir(`${root}/real`);
  await symlink('real', `${root}/link`);
  const names = () => [`${root}/link`, `${root}/real`, `${root}/none`];
  const places = await followProtectedPlaces({ files, names, home: `${root}/home` });
  expect(places()).toEqual([`${root}/real`]);
});

test('a place that holds the home directory stays writable, and so does the place for temporary files', async () => {
  const root = makeTemporaryDirectory();
  await mkdir(`${root}/home/spokes/one`, { recursive: true });
  const names = () => ['/', '/tmp', root, `${root}/home`, `${root}/home/spokes/one`];
  const places = await followProtectedPlaces({ files, names, home: `${root}/home` });
  expect(places()).toEqual([`${root}/home/spokes/one`]);
});

test('a place that comes later is told once it has been looked for', async () => {
  const root = makeTemporaryDirectory();
  const names = [root];
  const places = await followProtectedPlaces({ files, names: () => names, home: '/nowhere' });
  await mkdir(`${root}/beside`);
  names.push(`${root}/beside`);
  await until(() => places().length === 2);
  expect(places()).toEqual([root, `${root}/beside`]);
});
