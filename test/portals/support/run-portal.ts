import { randomBytes } from 'node:crypto';
import * as filesNow from 'node:fs';
import * as fs from 'node:fs/promises';
import type { WritePowers } from '../../../core/portals/fs-write.ts';
import { LocalFiles, type LocalFilesInput } from '../../../core/portals/local-files.ts';
import { findLocalMounts } from '../../../core/portals/local-mounts.ts';
import {
  entry,
  type MemoryPortal,
  memoryEntry,
  type Portal,
  type Prepared,
  type Reply,
  type Subject,
} from '../../../core/portals/portal.ts';
import { type Command, REQUESTS, type Request } from '../../../schemas/wire.ts';

export const SUBJECT: Subject = { spoke: 'creds', instance: 'creds#test-1', level: 'none' };

/** A request with the defaults that the schema gives it. */
export function request<C extends Command>(
  cmd: C,
  fields: Readonly<Record<string, unknown>> = {},
): Request<C> {
  return REQUESTS[cmd].parse({ id: 1, cmd, ...fields }) as Request<C>;
}

/** Resolves a request, as the broker does before it decides. Whoever calls it releases it. */
export async function prepare<C extends Command, H>(
  portal: Portal<C, H> | MemoryPortal<C>,
  cmd: C,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Omit<Prepared, 'perform'> & { readonly perform: () => Promise<Reply> }> {
  const held = 'stage' in portal ? memoryEntry(portal) : entry(portal);
  const prepared = await held.prepare(request(cmd, fields) as Request, SUBJECT, 'r1');
  return { ...prepared, perform: async () => prepared.perform() };
}

/** Does what the broker does with a request that is allowed. */
export async function run<C extends Command, H>(
  portal: Portal<C, H> | MemoryPortal<C>,
  cmd: C,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Reply> {
  const prepared = await prepare(portal, cmd, fields);
  try {
    return await prepared.perform();
  } finally {
    await prepared.release();
  }
}

/** The real opening of files, which asks no thread of what is open on a local mount. */
export function localFiles(
  changed: Partial<typeof filesNow> = {},
  openCached: LocalFilesInput['openCached'] = null,
): LocalFiles {
  return new LocalFiles({
    openCached,
    files: fs,
    filesNow: { ...filesNow, ...changed },
    mounts: () => findLocalMounts(fs),
  });
}

/** The real file access, with this directory as the home. */
export function pathPowers(home: string, changed: Partial<WritePowers> = {}): WritePowers {
  return {
    files: fs,
    home,
    devfs: null,
    uid: process.getuid?.() ?? 0,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    ...changed,
  };
}
