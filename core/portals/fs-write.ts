import { constants, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { askedPath } from './asked-path.ts';
import { type Portal, type Reply, resolved } from './portal.ts';
import {
  type Destination,
  lookAt,
  type PathPowers,
  resolveForWriting,
  throughHandle,
} from './resolve-path.ts';

export interface WritePowers extends PathPowers {
  readonly uid: number;
  readonly randomHex: Powers['randomHex'];
}

const SET_ID = 0o6000;

/** Writes a whole file in one step, or adds to the end of one, in the directory on which it was decided. */
export function fsWritePortal(powers: WritePowers): Portal<'fs_write', Destination> {
  return {
    action: 'fs_write',
    resource: ({ path }) => path,
    async resolve({ path }) {
      const destination = await resolveForWriting(powers, askedPath(path, powers.home));
      return resolved(destination.target, destination, () => destination.directory.close());
    },
    async perform({ handle: { directory, missing, name } }, { data, encoding, append }) {
      const bytes = decode(data, encoding);
      const parent = await makeDirectories(powers, directory, missing);
      try {
        const there = await lookAt(powers.files, parent, name);
        if (there !== null) refuseUnsafe(there);
        await (append ? appendTo(powers, parent, name, bytes) : replace(powers, parent, name, bytes, there));
      } finally {
        if (parent !== directory) await parent.close();
      }
      return { bytes: bytes.length } satisfies Reply;
    },
  };
}

/** Makes the missing directories one below the other, each through the handle of the one above. */
async function makeDirectories(powers: WritePowers, directory: FileHandle, missing: readonly string[]) {
  await refuseForeign(powers, directory);
  let at = directory;
  try {
    for (const name of missing) {
      const next = await makeDirectory(powers, at, name);
      if (at !== directory) await at.close();
      at = next;
      await refuseForeign(powers, at);
    }
    return at;
  } catch (error) {
    if (at !== directory) await at.close();
    throw error;
  }
}

async function makeDirectory({ files }: WritePowers, above: FileHandle, name: string): Promise<FileHandle> {
  const path = `${throughHandle(above)}/${name}`;
  await files.mkdir(path, 0o700).catch((error: unknown) => {
    if (errno(error) !== 'EEXIST') throw failure(error, 'the directory could not be made');
  });
  // O_NOFOLLOW: somebody may have put a link there since it was decided that nothing was.
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  return files.open(path, flags).catch((error: unknown) => {
    throw failure(error, 'the directory could not be opened');
  });
}

/** A directory that another user owns can be exchanged by that user at any moment. */
async function refuseForeign({ uid }: WritePowers, directory: FileHandle): Promise<void> {
  const { uid: owner } = await directory.stat();
  if (owner !== uid && owner !== 0) throw new AxiumError('failed', 'the directory belongs to another user');
}

function refuseUnsafe(there: Stats): void {
  if (!there.isFile())
    throw new AxiumError('failed', 'there is something else than a regular file under this name');
  if (there.nlink > 1)
    throw new AxiumError('failed', 'the file has several names (hard links); none of them is written');
  if ((there.mode & SET_ID) !== 0)
    throw new AxiumError('failed', 'the file has a set-id bit and is not written');
}

async function replace(
  powers: WritePowers,
  parent: FileHandle,
  name: string,
  bytes: Buffer,
  old: Stats | null,
) {
  const at = throughHandle(parent);
  const temporary = `${at}/.axium-${powers.randomHex(8)}.tmp`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await powers.files
    .open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    .catch((error) => {
      throw failure(error, 'the file could not be made');
    });
  try {
    try {
      if (old !== null) await file.chmod(old.mode & 0o777);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await powers.files.rename(temporary, `${at}/${name}`);
  } catch (error) {
    await powers.files.unlink(temporary).catch(() => {});
    throw failure(error, 'the file could not be written');
  }
}

async function appendTo(powers: WritePowers, parent: FileHandle, name: string, bytes: Buffer): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const file = await powers.files.open(`${throughHandle(parent)}/${name}`, flags, 0o600).catch((error) => {
    throw failure(error, 'the file could not be opened');
  });
  try {
    // Looked at again through its own handle: what is under the name may have changed since.
    const stat = await file.stat();
    refuseUnsafe(stat);
    if (stat.uid !== powers.uid) throw new AxiumError('failed', 'the file belongs to another user');
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    throw failure(error, 'the file could not be written');
  } finally {
    await file.close();
  }
}

function decode(data: string, encoding: 'utf8' | 'base64'): Buffer {
  const bytes = Buffer.from(data, encoding);
  if (encoding === 'base64' && bytes.toString('base64').replace(/=+$/, '') !== data.replace(/=+$/, '')) {
    throw new AxiumError('invalid', 'data: expected base64');
  }
  return bytes;
}

function failure(error: unknown, message: string): AxiumError {
  if (error instanceof AxiumError) return error;
  return new AxiumError('failed', `${message} (${errno(error) || 'unknown error'})`);
}
