import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { replaceValue } from '../../core/portals/replace-value.ts';
import type { Powers } from '../../core/powers.ts';
import { createFaultyDisk, failure } from '../faults/support/faulty-disk.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const VALUE = { name: 'a.value', temporary: 'a.value.1', content: 'new' };

/** A directory that has an old value, and a disk on which one operation fails. */
function makePlace(failing: { readonly operation: string; readonly code: string } | null) {
  const directory = `${makeTemporaryDirectory()}/creds`;
  fs.mkdirSync(directory);
  fs.writeFileSync(`${directory}/a.value`, 'old');
  const disk = createFaultyDisk((_, operation) =>
    operation === failing?.operation
      ? { done: 'half', error: failure(failing.code) }
      : { done: 'all', error: null },
  );
  const flags: number[] = [];
  const open = (path: string, how: number, mode?: number) => {
    flags.push(how);
    return disk.files.open(path, how, mode);
  };
  const files = { ...disk.files, open } as Powers['files'];
  const found = () =>
    fs.readdirSync(directory).map((name) => [name, fs.readFileSync(`${directory}/${name}`, 'utf8')]);
  return { replace: () => replaceValue(files, directory, VALUE), disk, flags, found };
}

test('a value is on the disk before it gets its name, and its name before anybody is told', async () => {
  const { replace, disk, flags, found } = makePlace(null);
  await replace();
  expect(disk.operations).toEqual(['make a.value.1', 'write a.value.1', 'rename a.value', 'sync creds']);
  const { O_DSYNC, O_EXCL, O_NOFOLLOW } = fs.constants;
  const needed = O_DSYNC | O_EXCL | O_NOFOLLOW;
  expect((flags[0] ?? 0) & needed).toBe(needed);
  expect(found()).toEqual([['a.value', 'new']]);
});

test.each(['write a.value.1', 'rename a.value'])(
  'where "%s" fails, the old value stays and nothing lies beside it',
  async (operation) => {
    const { replace, found } = makePlace({ operation, code: 'ENOSPC' });
    await expect(replace()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(found()).toEqual([['a.value', 'old']]);
  },
);

test('a name that cannot be brought to the disk is no success, and said to be there', async () => {
  const { replace, found } = makePlace({ operation: 'sync creds', code: 'EIO' });
  await expect(replace()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^it was done, and is lost if the machine stops now.*\(EIO\)/),
  });
  expect(found()).toEqual([['a.value', 'new']]);
});

test('a file system that has nothing to do for a directory stores all the same', async () => {
  const { replace, found } = makePlace({ operation: 'sync creds', code: 'EINVAL' });
  await replace();
  expect(found()).toEqual([['a.value', 'new']]);
});
