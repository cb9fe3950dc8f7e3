import { constants } from 'node:fs';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { type Owners, ownerProblem } from './owners.ts';
import { InvalidFile, wholeFile } from './problem.ts';

export interface ReadText {
  readonly text: string;
  /** Inode and time of the last change, which together tell one version of the file from another. */
  readonly version: string;
}

export interface ReadOptions {
  readonly maxBytes: number;
  /** Whether the name may be a symlink: a user's own files may, a file in a spoke's directory may not. */
  readonly follow: boolean;
  /** Whose file it must be to be believed. */
  readonly owners?: Owners | null;
}

/**
 * Reads a regular UTF-8 file of bounded size, opened once and never waited for. Null where there is none; InvalidFile
 * for anything else that is not such a file.
 */
export async function readText(
  files: Powers['files'],
  path: string,
  options: ReadOptions,
): Promise<ReadText | null> {
  const refuse = (message: string) => new InvalidFile([wholeFile(path, message)]);
  // O_NONBLOCK: opening a FIFO must not wait for a writer that never comes.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (options.follow ? 0 : constants.O_NOFOLLOW);
  const handle = await files.open(path, flags).catch((error: unknown) => {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return null;
    if (errno(error) === 'ELOOP')
      throw refuse('expected a regular file, found a symlink; put the file itself here');
    const code = errno(error);
    throw new InvalidFile([wholeFile(path, `cannot be read (${code || 'unknown error'})`)], code);
  });
  if (handle === null) {
    // A link that leads nowhere is not the absence of a file: what it led to may be back in a moment.
    const there = await files.lstat(path).catch(() => null);
    if (there !== null) throw refuse('is a link that leads nowhere; mend it or remove it');
    return null;
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw refuse('expected a regular file; remove what is there and write one');
    const foreign = options.owners ? ownerProblem(path, stat, options.owners) : null;
    if (foreign !== null) throw new InvalidFile([foreign]);
    if (stat.size > options.maxBytes)
      throw refuse(`expected at most ${options.maxBytes} bytes, found ${stat.size}`);
    const buffer = Buffer.alloc(Math.min(options.maxBytes, stat.size) + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > options.maxBytes) throw refuse(`expected at most ${options.maxBytes} bytes`);
    const text = decode(buffer.subarray(0, length));
    if (text === null) throw refuse('expected UTF-8 text');
    return { text, version: `${stat.ino}:${stat.mtimeMs}` };
  } finally {
    await handle.close();
  }
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
