import { constants } from 'node:fs';
import type { Powers } from '../powers.ts';

/** All that lies below a directory, in memory. Names are relative to it. */
export interface SmallTree {
  /** Those that lie in others come after them. */
  readonly directories: readonly string[];
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
}

const MAX_ENTRIES = 32;
const MAX_BYTES = 262_144;

/**
 * Reads the directory of a small spoke, each file opened once. Null where it holds more than 32 files and directories or
 * 262,144 bytes, or anything that is neither, as a link is: nothing may be missing in the copy, and nothing be followed.
 */
export async function readSmallTree(files: Powers['files'], root: string): Promise<SmallTree | null> {
  const directories = [''];
  const names: string[] = [];
  // It grows while it is gone through.
  for (const directory of directories) {
    const entries = await files.readdir(`${root}/${directory}`, { withFileTypes: true });
    for (const entry of entries) {
      const name = `${directory}${entry.name}`;
      if (entry.isDirectory()) directories.push(`${name}/`);
      else if (entry.isFile()) names.push(name);
      else return null;
    }
    if (directories.length + names.length > MAX_ENTRIES) return null;
  }
  const found: { readonly name: string; readonly bytes: Buffer }[] = [];
  let left = MAX_BYTES;
  // One after the other: on a mount that hangs they hold one thread of the daemon and no more.
  for (const name of names) {
    const bytes = await readSmallFile(files, `${root}/${name}`, left);
    if (bytes === null) return null;
    left -= bytes.length;
    found.push({ name, bytes });
  }
  return { directories: directories.slice(1), files: found };
}

/** Writes what was read into a directory that is there and empty. */
export async function writeSmallTree(files: Powers['files'], root: string, tree: SmallTree): Promise<void> {
  for (const name of tree.directories) await files.mkdir(`${root}/${name}`, { mode: 0o700 });
  await Promise.all(
    tree.files.map(({ name, bytes }) =>
      files.writeFile(`${root}/${name}`, bytes, { mode: 0o400, flag: 'wx' }),
    ),
  );
}

async function readSmallFile(files: Powers['files'], path: string, most: number): Promise<Buffer | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // O_NONBLOCK: what was a file a moment ago can be a FIFO now.
  const handle = await files.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > most) return null;
    const buffer = Buffer.alloc(stat.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0) return buffer.subarray(0, length);
      // It grew while it was read.
      if (length === buffer.length) return null;
    }
  } finally {
    await handle.close();
  }
}
