import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { type Portal, plainTarget, type Reply } from './portal.ts';

const MAX_KEYS = 1000;
/** Ends the name of every value's file; a temporary file that a crash left does not end so. */
const ENDING = '.value';

export interface StoragePowers {
  readonly files: Powers['files'];
  readonly replaceFile: Powers['replaceFile'];
  /** The directory that holds a directory for each spoke. */
  readonly root: string;
  /** Bytes that one spoke may store. */
  readonly quota: number;
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
  const { files, replaceFile, root } = powers;
  const turns = new Map<string, Promise<unknown>>();
  const directoryOf = (spoke: string) => `${root}/${spoke}`;
  const fileOf = (spoke: string, key: string) => `${directoryOf(spoke)}/${key}${ENDING}`;

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
    const directory = directoryOf(spoke);
    await files.mkdir(directory, { recursive: true, mode: 0o700 });
    const others = (await keysIn(files, directory)).filter((other) => other !== key);
    if (others.length >= MAX_KEYS)
      throw new AxiumError('quota', `expected at most ${MAX_KEYS} keys; delete some`);
    const sizes = await Promise.all(
      others.map(async (other) => (await files.stat(fileOf(spoke, other))).size),
    );
    const total = sizes.reduce((sum, size) => sum + size, Buffer.byteLength(value));
    if (total > powers.quota) {
      throw new AxiumError('quota', `expected at most ${powers.quota} bytes in all; delete some`);
    }
    await replaceFile(fileOf(spoke, key), value);
  };

  return {
    storage_get: {
      action: 'storage',
      resource: ({ key }) => key,
      resolve: plainTarget,
      async perform(_resolved, { key }, { spoke }) {
        const value = await files.readFile(fileOf(spoke, key), 'utf8').catch(nullIfNowhere);
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
        return { keys: await keysIn(files, directoryOf(spoke)) } satisfies Reply;
      },
    },
    storage_delete: {
      action: 'storage',
      resource: ({ key }) => key,
      resolve: plainTarget,
      async perform(_resolved, { key }, { spoke }) {
        await inTurn(spoke, () => files.unlink(fileOf(spoke, key)).catch(nullIfNowhere));
        return {};
      },
    },
  };
}

/** The keys that are stored, sorted. */
async function keysIn(files: Powers['files'], directory: string): Promise<string[]> {
  const names = (await files.readdir(directory).catch(nullIfNowhere)) ?? [];
  return names
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

function nullIfNowhere(error: unknown): null {
  if (errno(error) === 'ENOENT') return null;
  throw error;
}
