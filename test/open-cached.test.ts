import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadOpenCached, type OpenCached } from '../core/open-cached.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const FIXTURE = fileURLToPath(new URL('portals/fixtures/asked-mount.mjs', import.meta.url));
const loaded = await loadOpenCached();
const opened: number[] = [];

/** The kernel gives up as well where a name anywhere is changed at the same moment. */
const openCached: OpenCached = (path) => {
  for (let tries = 0; tries < 1000; tries += 1) {
    const fd = loaded?.(path) ?? null;
    if (fd === null) continue;
    opened.push(fd);
    return fd;
  }
  return null;
};

let directory: string;

beforeEach((context) => {
  directory = makeTemporaryDirectory();
  writeFileSync(`${directory}/file`, 'text');
  if (openCached(`${directory}/file`) === null)
    context.skip('the kernel has no such call, or /tmp is a mount');
});

afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
});

test('what is opened is what the path leads to, can do nothing, and is left to no program', () => {
  symlinkSync('file', `${directory}/link`);
  for (const name of ['file', 'link']) {
    // A link is followed once before: the time at which it first was has to be written down, which takes waiting.
    const { ino } = statSync(`${directory}/${name}`);
    const fd = openCached(`${directory}/${name}`) ?? -1;
    expect(fstatSync(fd).ino).toBe(ino);
    expect(() => readSync(fd, Buffer.alloc(1))).toThrow('EBADF');
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    expect(Number.parseInt(flags ?? '', 8) & 0o2000000).toBe(0o2000000);
  }
});

test('nothing is opened where there is nothing, nor by the part of a path before a NUL', () => {
  for (const path of [`${directory}/none`, `${directory}/file/x`, `${directory}/file\0none`])
    expect(openCached(path)).toBeNull();
});

test('the mount of the root is left for no other, nor by a link of /proc', (context) => {
  if (statSync('/dev/null').dev === statSync('/').dev) context.skip('/dev is no mount here');
  for (const path of ['/dev', '/dev/null', '/proc/self/root', `/proc/self/root${directory}/file`])
    expect(openCached(path)).toBeNull();
});

test('no file system is asked anything, since one that does not answer would be waited for', async (context) => {
  if (!existsSync('/dev/fuse')) context.skip('this kernel has no FUSE');
  const said = await new Promise<string | null>((resolve) => {
    execFile('unshare', ['-rm', process.execPath, FIXTURE, directory], (error, stdout) =>
      resolve(error ? null : stdout),
    );
  });
  if (said === null) return context.skip('a mount namespace cannot be made here');
  expect(said).toBe('{"within":null,"itself":null,"underRoot":null}\n');
});
