import * as fs from 'node:fs/promises';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { entry, type Portal } from '../../core/portals/portal.ts';
import { storagePortals } from '../../core/portals/storage.ts';
import { decodeValue, valueSize } from '../../core/portals/stored-value.ts';
import { type Command, REQUESTS, type Request } from '../../schemas/wire.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { request } from './support/run-portal.ts';

const QUOTA = 100;
let root: string;

beforeEach(() => {
  root = makeTemporaryDirectory();
});

/** The storage as one run of the daemon has it. */
function openStorage(files: typeof fs = fs) {
  const { clock } = createPowers();
  const told: string[] = [];
  const portals = storagePortals({
    ...{ files, root, quota: QUOTA, now: clock.now },
    onDamaged: (spoke, keptAs) => told.push(`${spoke} ${keptAs}`),
  });
  const ask = async <C extends Command>(portal: Portal<C, null>, cmd: C, fields: object, spoke: string) => {
    const subject = { spoke, instance: '', level: 'none' };
    return (await entry(portal).prepare(request(cmd, { ...fields }) as Request, subject, 'r1')).perform();
  };
  return {
    told,
    get: (key: string, spoke = 'creds') => ask(portals.storage_get, 'storage_get', { key }, spoke),
    put: (key: string, value: string, spoke = 'creds') =>
      ask(portals.storage_put, 'storage_put', { key, value }, spoke),
    list: (spoke = 'creds') => ask(portals.storage_list, 'storage_list', {}, spoke),
    remove: (key: string, spoke = 'creds') => ask(portals.storage_delete, 'storage_delete', { key }, spoke),
  };
}

const storedBytes = async () => {
  const names = await readdir(`${root}/creds`);
  const sizes = await Promise.all(
    names.map(async (name) => valueSize((await stat(`${root}/creds/${name}`)).size)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

test('a value is there until it is deleted, and deleting what is not there does nothing', async () => {
  const { get, put, list, remove } = openStorage();
  expect([await get('a'), await list()]).toEqual([{ value: null }, { keys: [] }]);
  expect(await remove('a')).toEqual({});
  expect(await put('a', 'één')).toEqual({});
  await put('a', 'twee');
  await put('B.1', '');
  expect([await get('a'), await get('B.1')]).toEqual([{ value: 'twee' }, { value: '' }]);
  expect(await list()).toEqual({ keys: ['B.1', 'a'] });
  await remove('a');
  expect([await get('a'), await list()]).toEqual([{ value: null }, { keys: ['B.1'] }]);
});

test('a restart keeps the values', async () => {
  await openStorage().put('a', 'value');
  expect(await openStorage().get('a')).toEqual({ value: 'value' });
});

test('no spoke sees or touches the values of another', async () => {
  const { get, put, list, remove } = openStorage();
  await put('a', 'mine');
  expect([await get('a', 'other'), await list('other')]).toEqual([{ value: null }, { keys: [] }]);
  await put('a', 'theirs', 'other');
  await remove('a', 'other');
  expect(await get('a')).toEqual({ value: 'mine' });
});

test('the values lie in files that only their owner can read', async () => {
  await openStorage().put('a', 'value');
  expect((await stat(`${root}/creds`)).mode & 0o777).toBe(0o700);
  expect((await stat(`${root}/creds/a.value`)).mode & 0o777).toBe(0o600);
});

test.each([
  [''],
  ['.'],
  ['..'],
  ['.hidden'],
  ['../other/a'],
  ['a/b'],
  ['/etc/passwd'],
  ['a\0'],
  ['a\n'],
  ['-a'],
  ['a b'],
  ['é'],
  ['x'.repeat(129)],
])('%j is no key, so that none leads out of the directory', (key) => {
  for (const cmd of ['storage_get', 'storage_put', 'storage_delete'] as const) {
    expect(REQUESTS[cmd].safeParse({ id: 1, cmd, key, value: '' }).success).toBe(false);
  }
});

test('the longest key is stored under its own name', async () => {
  const { put, list } = openStorage();
  await put('x'.repeat(128), 'value');
  expect(await list()).toEqual({ keys: ['x'.repeat(128)] });
});

describe('the quota', () => {
  test('counts bytes over all values, and what is replaced only once', async () => {
    const { put, remove } = openStorage();
    await put('a', 'x'.repeat(60));
    await put('b', 'é'.repeat(20));
    await expect(put('c', 'x')).rejects.toMatchObject({
      code: 'quota',
      message: expect.stringContaining(`${QUOTA} bytes`),
    });
    await put('a', 'y'.repeat(59));
    await put('c', 'x');
    await expect(put('a', 'x'.repeat(60))).rejects.toMatchObject({ code: 'quota' });
    await remove('b');
    await put('a', 'x'.repeat(99));
    expect(await storedBytes()).toBe(QUOTA);
  });

  test('holds for one value alone', async () => {
    const { put, get } = openStorage();
    await expect(put('a', 'x'.repeat(QUOTA + 1))).rejects.toMatchObject({ code: 'quota' });
    expect(await get('a')).toEqual({ value: null });
  });

  test('leaves the old value where the new one does not fit', async () => {
    const { put, get } = openStorage();
    await put('a', 'old');
    await expect(put('a', 'x'.repeat(QUOTA + 1))).rejects.toMatchObject({ code: 'quota' });
    expect(await get('a')).toEqual({ value: 'old' });
  });

  test('is not exceeded by puts that come at once', async () => {
    const { put } = openStorage();
    const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
    const results = await Promise.allSettled(keys.map((key) => put(key, 'x'.repeat(30))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await storedBytes()).toBe(90);
  });

  test('counts for each spoke by itself', async () => {
    const { put, get } = openStorage();
    await put('a', 'x'.repeat(QUOTA));
    await put('a', 'y'.repeat(QUOTA), 'other');
    expect(await get('a', 'other')).toEqual({ value: 'y'.repeat(QUOTA) });
  });

  test('lets a spoke have 1000 keys, of which it can change any', async () => {
    await mkdir(`${root}/creds`);
    for (let index = 0; index < 1000; index += 1) await writeFile(`${root}/creds/k${index}.value`, '');
    const { put, remove } = openStorage();
    await expect(put('one-more', '')).rejects.toMatchObject({
      code: 'quota',
      message: expect.stringContaining('1000 keys'),
    });
    await put('k1', 'changed');
    await remove('k2');
    await put('one-more', '');
  });
});

test('a put that fails ends no later one', async () => {
  const { put, get } = openStorage();
  const [failed, done] = await Promise.allSettled([put('a', 'x'.repeat(QUOTA + 1)), put('b', 'value')]);
  expect([failed.status, done.status]).toEqual(['rejected', 'fulfilled']);
  expect(await get('b')).toEqual({ value: 'value' });
});

describe('where the disk does not take the names of a directory', () => {
  /** A disk on which that fails until it is mended. */
  const openFailing = () => {
    const disk = { fails: true };
    const open = (async (path: string, ...rest: []) => {
      const handle = await fs.open(path, ...rest);
      if (path !== `${root}/creds`) return handle;
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        if (disk.fails) throw Object.assign(new Error('EIO: of this test'), { code: 'EIO' });
        await sync();
      };
      return handle;
    }) as unknown as typeof fs.open;
    return { ...openStorage({ ...fs, open }), disk };
  };
  const undecided = { code: 'unavailable', message: expect.stringContaining('it was done, and is lost') };

  test('a put fails with words that say that the value is there, and can be made again', async () => {
    const { put, get, disk } = openFailing();
    await expect(put('a', 'new')).rejects.toMatchObject(undecided);
    expect(await get('a')).toEqual({ value: 'new' });
    disk.fails = false;
    expect(await put('a', 'new')).toEqual({});
  });

  test('so does a delete, and the same one again settles only once the disk has it', async () => {
    const { remove, get, disk } = openFailing();
    await openStorage().put('a', 'value');
    await expect(remove('a')).rejects.toMatchObject(undecided);
    expect(await get('a')).toEqual({ value: null });
    await expect(remove('a')).rejects.toMatchObject(undecided);
    disk.fails = false;
    expect(await remove('a')).toEqual({});
  });

  test('what was put that way counts against the quota', async () => {
    const { put } = openFailing();
    await expect(put('a', 'x'.repeat(QUOTA))).rejects.toMatchObject(undecided);
    await expect(put('b', 'x')).rejects.toMatchObject({ code: 'quota' });
  });
});

test('a temporary file that a crash left behind is no key', async () => {
  await openStorage().put('a', 'value');
  await writeFile(`${root}/creds/a.value.1234567`, 'half');
  expect(await openStorage().list()).toEqual({ keys: ['a'] });
  expect(decodeValue(await readFile(`${root}/creds/a.value`))).toBe('value');
});

describe('a value that is not as it was written', () => {
  const path = () => `${root}/creds/a.value`;
  const damages: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    [
      'changed in one bit of the value',
      (bytes) => Buffer.from(bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte))),
    ],
    [
      'changed in one bit of its head',
      (bytes) => Buffer.from(bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
    ],
    ['cut', (bytes) => bytes.subarray(0, -1)],
    ['longer', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
    ['emptied', () => Buffer.alloc(0)],
    ['without a head', () => Buffer.from('the value')],
  ];

  test.each(damages)(
    '%s is refused, kept under another name and told, and never answered',
    async (_, damage) => {
      const { get, put, list, told } = openStorage();
      await put('a', 'the value');
      const damaged = damage(await readFile(path()));
      await writeFile(path(), damaged);
      await expect(get('a')).rejects.toMatchObject({
        code: 'unavailable',
        message: "the value of 'a' was damaged on the disk and was set aside; store it again",
      });
      const aside = `${path()}.damaged-${Date.parse('2030-01-01T00:00:00Z')}`;
      expect([await readFile(aside), told, await list()]).toEqual([
        damaged,
        [`creds ${aside}`],
        { keys: [] },
      ]);
      await put('a', 'new');
      expect(await get('a')).toEqual({ value: 'new' });
    },
  );

  test('and is replaced while that is found out is not lost', async () => {
    const { get, put, told } = openStorage();
    await put('a', 'the value');
    await writeFile(path(), 'garbage');
    const stored = put('a', 'new');
    await Promise.allSettled([get('a'), stored]);
    expect([await get('a'), told]).toEqual([{ value: 'new' }, []]);
  });
});

test('what somebody else removed makes room again', async () => {
  const { put } = openStorage();
  await put('a', 'x'.repeat(QUOTA));
  await fs.rm(`${root}/creds/a.value`);
  expect(await put('b', 'x'.repeat(QUOTA))).toEqual({});
});

test('the values that are there are looked at once, and not whenever another is stored', async () => {
  let looks = 0;
  const lstat = ((...args: Parameters<typeof fs.lstat>) => {
    if (String(args[0]).endsWith('.value')) looks += 1;
    return fs.lstat(...args);
  }) as typeof fs.lstat;
  for (const key of ['a', 'b', 'c']) await openStorage().put(key, 'x');
  const { put } = openStorage({ ...fs, lstat });
  for (let at = 0; at < 10; at += 1) await put('d', `${at}`);
  expect(looks).toBe(3);
});

test('a link in the place of a storage is neither read nor written through', async () => {
  const elsewhere = `${root}-elsewhere`;
  await mkdir(elsewhere);
  onTestFinished(() => fs.rm(elsewhere, { recursive: true }));
  await writeFile(`${elsewhere}/a.value`, 'precious');
  await fs.symlink(elsewhere, `${root}/creds`);
  const { put, get, list, remove } = openStorage();
  const attempts = [
    () => put('a', 'x'),
    () => put('b', 'x'),
    () => get('a'),
    () => list(),
    () => remove('a'),
  ];
  for (const attempt of attempts) {
    await expect(attempt()).rejects.toMatchObject({ code: 'unavailable' });
  }
  expect(await fs.readdir(elsewhere)).toEqual(['a.value']);
  expect(await readFile(`${elsewhere}/a.value`, 'utf8')).toBe('precious');
});

test.each(['nowhere', 'b.value'])(
  'a link to %s in the place of one value keeps no other from being stored',
  async (target) => {
    await mkdir(`${root}/creds`, { mode: 0o700 });
    await fs.symlink(target, `${root}/creds/b.value`);
    const { get, put } = openStorage();
    await put('a', 'x');
    expect(await get('a')).toEqual({ value: 'x' });
    await expect(get('b')).rejects.toThrow();
  },
);
