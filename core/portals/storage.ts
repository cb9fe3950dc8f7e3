import { constants } from 'node:fs';
import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { type Portal, plainTarget, type Reply } from './portal.ts';
import { keepChange, replaceValue, syncNames } from './replace-value.ts';
import { decodeValue, encodeValue, valueSize } from './stored-value.ts';

const MAX_KEYS = 1000;
/** Ends the name of every value's file; a temporary file that a crash left does not end so. */
export const STORED_ENDING = '.value';

export interface StoragePowers {
  readonly files: Powers['files'];
  /** The directory that holds a directory for each spoke. */
  readonly root: string;
  /** Bytes that one spoke may store. */
  readonly quota: number;
  readonly now: () => number;
  /** Told where a value is not as it was written, which is kept under another name. */
  readonly onDamaged: (spoke: string, keptAs: string) => void;
}

type StoragePortals = {
  readonly storage_get: Portal<'storage_get', null>;
  readonly storage_put: Portal<'storage_put', null>;
  readonly storage_list: Portal<'storage_list', null>;
  readonly storage_delete: Portal<'storage_delete', null>;
};

/**
 * A spoke's private values, one file each. The keys are file names by their schema, so that none leads anywhere else.
 */
export function storagePortals(powers: StoragePowers): StoragePortals {
  const { files, root } = powers;
  const turns = new Map<string, Promise<unknown>>();
  /** Numbers the files that are being written. What a crash left of an earlier run is removed before the next. */
  let temporaries = 0;
  const directoryOf = (spoke: string) => `${root}/${spoke}`;
  const fileOf = (spoke: string, key: string) => `${directoryOf(spoke)}/${key}${STORED_ENDING}`;

  /** Whether there is such a directory. A link in its place would have the daemon read and write elsewhere. */
  const findDirectory = async (spoke: string): Promise<boolean> => {
    const stat = await files.lstat(directoryOf(spoke)).catch(nullIfNowhere);
    if (stat === null || stat.isDirectory()) return stat !== null;
    throw new AxiumError(
      'unavailable',
      'the storage of this spoke is no directory; move away what lies in its place',
    );
  };
  const makeDirectory = async (spoke: string) => {
    if (await findDirectory(spoke)) return;
    await files.mkdir(root, { recursive: true, mode: 0o700 });
    await files.mkdir(directoryOf(spoke), { mode: 0o700 }).catch(ifThere);
    await syncNames(files, root);
    await findDirectory(spoke);
  };

  /** One change at a time for each spoke, so that two of them cannot both fit into the same rest of the quota. */
  const inTurn = <T>(spoke: string, change: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(spoke) ?? Promise.resolve()).then(change, change);
    turns.set(
      spoke,
      turn.catch(() => {}),
    );
    return turn;
  };
  const put = async (spoke: string, key: string, value: string) => {
    await makeDirectory(spoke);
    const size = Buffer.byteLength(value);
    let sizes = counted.get(spoke);
    if (sizes === undefined || problemWith(sizes, key, size) !== null) sizes = await countValues(spoke);
    const problem = problemWith(sizes, key, size);
    if (problem !== null) throw new AxiumError('quota', problem);
    // Until it is known which of the two values there is.
    counted.delete(spoke);
    temporaries += 1;
    const name = `${key}${STORED_ENDING}`;
    await replaceValue(files, directoryOf(spoke), {
      ...{ name, temporary: `${name}.${temporaries}` },
      content: encodeValue(value),
    });
    counted.set(spoke, sizes.set(key, size));
  };
  /** A key that is not there is looked for on the disk as well: it may have been removed by a call that failed. */
  const remove = async (spoke: string, key: string) => {
    await files.unlink(fileOf(spoke, key)).catch(nullIfNowhere);
    if (await findDirectory(spoke)) await keepChange(files, directoryOf(spoke));
  };
  /**
   * Bytes of each value of a spoke, so that storing one does not mean to look at a thousand others. What was removed since
   * makes this too much and never too little; before anything is refused it is counted anew.
   */
  const counted = new Map<string, Map<string, number>>();
  const countValues = async (spoke: string) => {
    const keys = await keysIn(files, directoryOf(spoke));
    // Of a link that lies in the place of a value, itself: where it leads is nothing of the spoke's, if it leads anywhere.
    const sizeOf = async (key: string) => valueSize((await files.lstat(fileOf(spoke, key))).size);
    return new Map(await Promise.all(keys.map(async (key) => [key, await sizeOf(key)] as const)));
  };
  /** Keeps a damaged value beside, unless a new one has taken its place meanwhile. */
  const setAside = async (spoke: string, key: string): Promise<never> => {
    const path = fileOf(spoke, key);
    const bytes = await bytesIn(files, path);
    if (bytes !== null && decodeValue(bytes) === null) {
      const name = `${path}.damaged-${powers.now()}`;
      await files.rename(path, name);
      powers.onDamaged(spoke, name);
    }
    throw new AxiumError(
      'unavailable',
      `the value of '${key}' was damaged on the disk and was set aside; store it again`,
    );
  };
  const problemWith = (sizes: ReadonlyMap<string, number>, key: string, size: number) => {
    const others = [...sizes].filter(([other]) => other !== key);
    if (others.length >= MAX_KEYS) return `expected at most ${MAX_KEYS} keys; delete some`;
    const total = others.reduce((sum, [, bytes]) => sum + bytes, size);
    return total > powers.quota ? `expected at most ${powers.quota} bytes in all; delete some` : null;
  };

  return {
    storage_get: {
      action: 'storage',
      resource: ({ key }) => key,
      resolve: plainTarget,
      async perform(_resolved, { key }, { spoke }) {
        await findDirectory(spoke);
        const bytes = await bytesIn(files, fileOf(spoke, key));
        const value = bytes === null ? null : decodeValue(bytes);
        if (bytes !== null && value === null) return await inTurn(spoke, () => setAside(spoke, key));
        return { value } satisfies Reply;
      },
    },
    storage_put: {
      action: 'storage',
      resource: ({ key }) => key,
      resolve: plainTarget,
      async perform(_resolved, { key, value }, { spoke }) {
        await inTurn(spoke, () => put(spoke, key, value));
        return {};
      },
    },
    storage_list: {
      action: 'storage',
      resource: () => null,
      resolve: plainTarget,
      async perform(_resolved, _request, { spoke }) {
        await findDirectory(spoke);
        return { keys: await keysIn(files, directoryOf(spoke)) } satisfies Reply;
      },
    },
    storage_delete: {
      action: 'storage',
      resource: ({ key }) => key,
      resolve: plainTarget,
      async perform(_resolved, { key }, { spoke }) {
        await findDirectory(spoke);
        await inTurn(spoke, () => remove(spoke, key));
        return {};
      },
    },
  };
}

/** The file of a value, or null where there is none. A link in its place is not followed, and a FIFO not waited for. */
async function bytesIn(files: Powers['files'], path: string): Promise<Buffer | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await files.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(nullIfNowhere);
  if (handle === null) return null;
  try {
    if (!(await handle.stat()).isFile()) {
      throw new AxiumError('unavailable', 'what lies in the place of this value is no file; move it away');
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The keys that are stored, sorted. */
async function keysIn(files: Powers['files'], directory: string): Promise<string[]> {
  const names = (await files.readdir(directory).catch(nullIfNowhere)) ?? [];
  return names
    .filter((name) => name.endsWith(STORED_ENDING))
    .map((name) => name.slice(0, -STORED_ENDING.length))
    .sort();
}

function ifThere(error: unknown): void {
  if (errno(error) !== 'EEXIST') throw error;
}

function nullIfNowhere(error: unknown): null {
  if (errno(error) === 'ENOENT') return null;
  throw error;
}
