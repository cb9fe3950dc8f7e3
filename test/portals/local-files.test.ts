import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LocalFile, LocalFiles, type LocalFilesInput } from '../../core/portals/local-files.ts';
import { findLocalMounts } from '../../core/portals/local-mounts.ts';
import { O_PATH } from '../../core/portals/open-file.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

test('a file that was made large after it was looked at is closed by a thread, and any other at once', async () => {
  const path = `${makeTemporaryDirectory()}/file`;
  const atOnce: number[] = [];
  const now = {
    ...fs,
    closeSync(fd: number) {
      atOnce.push(fd);
      fs.closeSync(fd);
    },
  };
  for (const grows of [true, false]) {
    fs.writeFileSync(path, 'text');
    const file = new LocalFile(now, fs.openSync(path, O_PATH));
    await file.stat();
    expect((await file.read(0, 4)).bytes.toString()).toBe('text');
    if (grows) fs.truncateSync(path, 2_097_152);
    await file.close();
    expect(atOnce.includes(file.fd)).toBe(!grows);
    atOnce.length = 0;
  }
});

describe('what takes no waiting to open', () => {
  const asked: string[] = [];
  const openCached = (path: string) => {
    asked.push('at once');
    return fs.openSync(path, O_PATH);
  };
  const open = ((path: string, ...rest: [number, (error: Error | null, fd: number) => void]) => {
    asked.push('a thread');
    fs.open(path, ...rest);
  }) as unknown as typeof fs.open;
  const opened = async (input: Partial<LocalFilesInput>) => {
    asked.length = 0;
    const path = `${makeTemporaryDirectory()}/file`;
    fs.writeFileSync(path, 'text');
    const mounts = await findLocalMounts(fs.promises);
    const filesNow = { ...fs, open };
    const file = await new LocalFiles({
      ...{ files: fs.promises, filesNow, mounts: () => mounts, openCached },
      ...input,
    }).open(path);
    await file.close();
    return asked;
  };

  test('is asked of no thread', async () => {
    expect(await opened({ mounts: () => ({ numbers: new Set(), isRootLocal: true }) })).toEqual(['at once']);
  });

  test('is asked of a thread where what lies under the root may hang', async () => {
    const mounts = await findLocalMounts(fs.promises);
    expect(await opened({ mounts: () => ({ ...mounts, isRootLocal: false }) })).toEqual(['a thread']);
  });

  test('is asked of a thread where it does take some', async () => {
    const waits = () => {
      asked.push('at once');
      return null;
    };
    const mounts = await findLocalMounts(fs.promises);
    expect(await opened({ mounts: () => ({ ...mounts, isRootLocal: true }), openCached: waits })).toEqual([
      'at once',
      'a thread',
    ]);
  });
});
