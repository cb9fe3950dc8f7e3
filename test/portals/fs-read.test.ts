import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { fsReadPortal } from '../../core/portals/fs-read.ts';
import { entry } from '../../core/portals/portal.ts';
import { type Request, WIRE } from '../../schemas/wire.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { openBelow } from './support/open-handles.ts';
import { giveToOrdinary, runFixtureAsOrdinary } from './support/run-fixture.ts';
import { localFiles, pathPowers, request, run, SUBJECT } from './support/run-portal.ts';

let home: string;

beforeEach(async () => {
  home = makeTemporaryDirectory();
  await writeFile(`${home}/file`, 'abcdef');
});

const portal = () => fsReadPortal(pathPowers(home, { local: localFiles() }));
const read = (fields: Readonly<Record<string, unknown>>) => run(portal(), 'fs_read', fields);

describe('what is read', () => {
  test.each([
    [{}, 'abcdef', 0, true],
    [{ offset: 2 }, 'cdef', 2, true],
    [{ offset: 2, length: 2 }, 'cd', 2, false],
    [{ offset: 2, length: 4 }, 'cdef', 2, true],
    [{ offset: 4, length: 100 }, 'ef', 4, true],
    [{ length: 1 }, 'a', 0, false],
    [{ offset: 6 }, '', 6, true],
    [{ offset: 1e15, length: 1 }, '', 1e15, true],
  ])('is the part that %j names', async (part, data, offset, eof) => {
    expect(await read({ path: '~/file', ...part })).toEqual({ data, encoding: 'utf8', size: 6, offset, eof });
  });

  test('comes as base64 where that is asked for, whatever the bytes', async () => {
    await writeFile(`${home}/bytes`, Buffer.from([0, 255, 254, 10]));
    const answer = await read({ path: '~/bytes', encoding: 'base64', offset: 1, length: 2 });
    expect(answer).toEqual({ data: '//4=', encoding: 'base64', size: 4, offset: 1, eof: false });
  });

  test('comes as the bytes themselves where that is asked for', async () => {
    await writeFile(`${home}/bytes`, Buffer.from([0, 255, 254, 10]));
    const answer = await read({ path: '~/bytes', encoding: 'bytes', offset: 1 });
    expect(answer).toEqual({
      data: Buffer.from([255, 254, 10]),
      encoding: 'bytes',
      size: 4,
      offset: 1,
      eof: true,
    });
    expect(await read({ path: '~/bytes', encoding: 'bytes', offset: 4 })).toMatchObject({
      data: Buffer.alloc(0),
    });
  });

  test('as text is whole characters, or the answer says what to ask for instead', async () => {
    await writeFile(`${home}/text`, 'aé日\u{1f600}');
    expect(await read({ path: '~/text' })).toMatchObject({ data: 'aé日\u{1f600}', size: 10 });
    expect(await read({ path: '~/text', offset: 1, length: 5 })).toMatchObject({ data: 'é日' });
    for (const part of [{ length: 2 }, { offset: 2 }, { offset: 6, length: 3 }, { offset: 7 }]) {
      await expect(read({ path: '~/text', ...part })).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringContaining('base64'),
      });
      expect(await read({ path: '~/text', encoding: 'base64', ...part })).toHaveProperty('data');
    }
  });

  test('keeps a byte order mark', async () => {
    await writeFile(`${home}/bom`, '\ufeffa');
    expect(await read({ path: '~/bom' })).toMatchObject({ data: '\ufeffa', size: 4 });
  });

  test('waits for room for what is there of it, and for no more, and is not read without', async () => {
    const asked: number[] = [];
    const ask = async (part: object, takeRoom: (bytes: number) => Promise<void>) => {
      const fields = { path: '~/file', ...part };
      const subject = { ...SUBJECT, takeRoom };
      const prepared = await entry(portal()).prepare(request('fs_read', fields) as Request, subject, 'r1');
      return Promise.resolve(prepared.perform()).finally(prepared.release);
    };
    const grant = async (bytes: number) => void asked.push(bytes);
    for (const part of [{}, { offset: 2 }, { length: 3 }, { offset: 9 }]) await ask(part, grant);
    expect(asked).toEqual([6, 4, 3, 0]);
    const refuse = () => Promise.reject(new Error('no room'));
    await expect(ask({}, refuse)).rejects.toThrow('no room');
    // What comes to be there meanwhile has no room.
    const grow = () => writeFile(`${home}/file`, 'abcdefgh');
    expect(await ask({}, grow)).toMatchObject({ data: 'abcdef', size: 8, eof: false });
  });

  test('is at most 8 MiB at once', async () => {
    await truncate(`${home}/file`, WIRE.maxRead + 1);
    const first = await read({ path: '~/file', encoding: 'base64' });
    expect(first).toMatchObject({ size: WIRE.maxRead + 1, eof: false });
    expect(Buffer.from(String(first.data), 'base64')).toHaveLength(WIRE.maxRead);
    const rest = await read({ path: '~/file', offset: WIRE.maxRead, encoding: 'base64' });
    expect(rest).toMatchObject({ data: 'AA==', eof: true });
  });
});

test('no request leaves a handle open, whatever it asked for', async () => {
  await symlink('/proc/self/environ', `${home}/environ`);
  await mkdir(`${home}/directory`);
  const paths = ['~/file', '~/none', '~/environ', '~/directory', '~/none/x', '~/..', '', '~/a\0', '~/file/x'];
  for (const path of paths) await read({ path }).catch(() => {});
  await read({ path: '~/file', offset: 1, length: 0 }).catch(() => {});
  expect(openBelow(home)).toEqual([]);
  expect(openBelow('/proc').filter((path) => path.endsWith('/environ'))).toEqual([]);
});

test("a file that the daemon's user may not read is found and not read", async (context) => {
  await chmod(home, 0o755);
  await chmod(`${home}/file`, 0o000);
  await mkdir(`${home}/closed`);
  await writeFile(`${home}/closed/file`, 'hidden');
  await chmod(`${home}/closed`, 0o000);
  for (const path of [`${home}/file`, `${home}/closed/file`, `${home}/closed`]) await giveToOrdinary(path);
  const lines = await runFixtureAsOrdinary('read-as.mjs', [home, '~/file', '~/closed/file', '~/closed/none']);
  await chmod(`${home}/closed`, 0o700);
  if (lines === null) return context.skip('an ordinary user cannot run the build from here');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { real: `${home}/file`, found: 'file', code: 'failed' },
    { real: `${home}/closed/file`, found: 'missing', code: 'not_found' },
    { real: `${home}/closed/none`, found: 'missing', code: 'not_found' },
  ]);
});
