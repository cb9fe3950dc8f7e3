import { AxiumError } from '../errors.ts';
import { askedPath } from './asked-path.ts';
import type { OpenFile } from './open-file.ts';
import { type Portal, type Reply, resolved } from './portal.ts';
import { type PathPowers, resolveForReading } from './resolve-path.ts';

/** Tells what lies under a name that the spoke may read, without its content: decided on what was opened. */
export function fsStatPortal(powers: PathPowers): Portal<'fs_stat', OpenFile | null> {
  return {
    action: 'fs_read',
    resource: ({ path }) => path,
    async resolve({ path }) {
      const { target, handle } = await resolveForReading(powers, askedPath(path, powers.home));
      return resolved({ ...target, look: 'entry' }, handle, async () => handle?.close());
    },
    async perform({ handle }) {
      if (handle === null) throw new AxiumError('not_found', 'there is no such file');
      const stat = await handle.stat();
      return {
        type: stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other',
        size: stat.size,
        modified_ms: Math.trunc(stat.mtimeMs),
        mode: stat.mode & 0o7777,
      } satisfies Reply;
    },
  };
}
