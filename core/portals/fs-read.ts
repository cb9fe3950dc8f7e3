import { constants } from 'node:fs';
import { WIRE } from '../../schemas/wire.ts';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { askedPath } from './asked-path.ts';
import { LocalFile } from './local-files.ts';
import { type OpenFile, refuseUnreadable, throughHandle } from './open-file.ts';
import { type Portal, type Reply, resolved } from './portal.ts';
import { type PathPowers, resolveForReading } from './resolve-path.ts';

/** Reads a part of a regular file, through the handle on which it was decided. */
export function fsReadPortal(powers: PathPowers): Portal<'fs_read', OpenFile | null> {
  return {
    action: 'fs_read',
    resource: ({ path }) => path,
    async resolve({ path }) {
      const { target, handle } = await resolveForReading(powers, askedPath(path, powers.home));
      return resolved(target, handle, async () => handle?.close());
    },
    async perform({ handle }, { encoding, offset, length = WIRE.maxRead }, { takeRoom }) {
      if (handle === null) throw new AxiumError('not_found', 'there is no such file');
      const there = Math.max(0, (await handle.stat()).size - offset);
      // No more than there is room for, should it grow meanwhile.
      const most = Math.min(length, there);
      await takeRoom?.(most);
      const { bytes, size } = await readThrough(powers.files, handle, offset, most);
      return {
        data: encode(bytes, encoding),
        encoding,
        size,
        offset,
        eof: offset + bytes.length >= size,
      } satisfies Reply;
    },
  };
}

/** Reads bytes of the file that a handle holds. `size` is the whole file's; the bytes end where the file ends. */
export async function readThrough(files: Powers['files'], handle: OpenFile, offset: number, length: number) {
  if (handle instanceof LocalFile) return handle.read(offset, length);
  const file = await files
    .open(throughHandle(handle), constants.O_RDONLY | constants.O_NONBLOCK)
    .catch(refuseUnreadable);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { bytes: buffer.subarray(0, filled), size };
  } finally {
    await file.close();
  }
}

function encode(bytes: Buffer, encoding: 'utf8' | 'base64' | 'bytes'): string | Buffer {
  if (encoding === 'bytes') return bytes;
  if (encoding === 'base64') return bytes.toString('base64');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new AxiumError(
      'invalid',
      'these bytes are not whole UTF-8 characters; ask for encoding base64 or bytes',
    );
  }
}
