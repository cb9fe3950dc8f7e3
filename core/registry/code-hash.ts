import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';

/** What is hashed of one directory. The code of a spoke that is larger has no hash, and is never taken for another. */
const MAX_ENTRIES = 10_000;
const MAX_BYTES = 134_217_728;
/** Bytes that are read at once, at most and at least. */
const CHUNK = 1_048_576;
const LEAST = 16_384;

/**
 * One hash of all files below a directory: their names, what they hold, and where links lead. SHA-256 in hex. Null where
 * it cannot be told: there is too much, or something that is neither file, directory nor link, or that cannot be read.
 */
export async function hashCode(files: Powers['files'], root: string): Promise<string | null> {
  const names = await namesBelow(files, root);
  if (names === null) return null;
  const all = createHash('sha256');
  let left = MAX_BYTES;
  for (const name of names) {
    const one = await hashEntry(files, `${root}/${name}`, left);
    if (one === null) return null;
    left -= one.bytes;
    // A name holds no NUL and a digest no newline, so that no two trees come to the same text.
    all.update(`${name}\0${one.digest}\n`);
  }
  return all.digest('hex');
}

/** The names of files and links below a directory, relative to it, in the order of their bytes. */
async function namesBelow(files: Powers['files'], root: string): Promise<readonly string[] | null> {
  const directories = [''];
  const names: string[] = [];
  // It grows while it is gone through.
  for (const directory of directories) {
    const entries = await files.readdir(`${root}/${directory}`, { withFileTypes: true }).catch(() => null);
    if (entries === null) return null;
    for (const entry of entries) {
      if (entry.isDirectory()) directories.push(`${directory}${entry.name}/`);
      else names.push(`${directory}${entry.name}`);
    }
    if (names.length + directories.length > MAX_ENTRIES) return null;
  }
  return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function hashEntry(files: Powers['files'], path: string, most: number) {
  const hash = createHash('sha256');
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await files.open(path, flags).catch((error: unknown) => errno(error));
  if (typeof handle === 'string') {
    const to = handle === 'ELOOP' ? await files.readlink(path).catch(() => null) : null;
    return to === null ? null : { digest: `link ${hash.update(to).digest('hex')}`, bytes: 0 };
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return null;
    // With room for one byte more, so that the read that finds the end can tell a file that has grown. One that was empty a
    // moment ago, as a file that is being written is, would be read byte by byte.
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(LEAST, stat.size + 1)));
    for (let bytes = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return { digest: hash.digest('hex'), bytes };
      bytes += bytesRead;
      if (bytes > most) return null;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}
