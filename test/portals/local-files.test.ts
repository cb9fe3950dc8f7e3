import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { LocalFile } from '../../core/portals/local-files.ts';
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
