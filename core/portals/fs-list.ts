import type { Dirent } from 'node:fs';
import type { PathTarget } from '../../schemas/decision.ts';
import { hasControl } from '../../schemas/path-text.ts';
import type { GrantedPaths } from '../../schemas/scope.ts';
import { WIRE } from '../../schemas/wire.ts';
import { AxiumError } from '../errors.ts';
import { askedPath } from './asked-path.ts';
import type { OpenFile } from './open-file.ts';
import { type Portal, type Reply, resolved } from './portal.ts';
import { type PathPowers, resolveForReading, throughHandle } from './resolve-path.ts';

export interface ListPowers extends PathPowers {
  /** What the rules of a spoke say of single paths now. */
  readonly granted: (spoke: string) => Promise<Pick<GrantedPaths, 'allows' | 'stillCount'>>;
}

/**
 * Names what lies in a directory, as far as the spoke's entries cover it: of everything else it tells nothing, not even
 * whether there is a directory.
 */
export function fsListPortal(powers: ListPowers): Portal<'fs_list', OpenFile | null> {
  return {
    action: 'fs_read',
    resource: ({ path }) => path,
    async resolve({ path }) {
      const { target, handle } = await resolveForReading(powers, askedPath(path, powers.home));
      return resolved({ ...target, look: 'names' }, handle, async () => handle?.close());
    },
    async perform({ target, handle }, _request, { spoke }) {
      if (target.kind !== 'path') throw new AxiumError('invalid', 'path: expected a path');
      const granted = await powers.granted(spoke);
      const isShown = (path: string) => granted.allows('fs_read', entryAt(path));
      const isOwn = isShown(target.real);
      if (handle === null || target.found !== 'directory') {
        if (!isOwn) return nothingToSee();
        if (handle === null) throw new AxiumError('not_found', 'there is no such directory');
        throw new AxiumError('invalid', 'path: expected a directory, found a file');
      }
      const directory = await powers.files.opendir(throughHandle(handle)).catch(() => null);
      if (directory === null) {
        if (!isOwn) return nothingToSee();
        throw new AxiumError('failed', "the daemon's user may not read this directory");
      }
      const entries: { readonly name: string; readonly type: string }[] = [];
      let looked = 0;
      // Leaving the loop closes the directory. Each look at a few names is a turn of its own.
      for await (const found of directory) {
        looked += 1;
        if (looked > WIRE.maxNames) break;
        const path = `${target.real === '/' ? '' : target.real}/${found.name}`;
        // A name that no request could say is of no use to anybody.
        if (!hasControl(found.name) && isShown(path)) entries.push({ name: found.name, type: typeOf(found) });
      }
      if (!granted.stillCount()) throw new AxiumError('busy', 'the permissions have just changed; try again');
      // Where nothing is shown, how much there is is nobody's business.
      if (looked > WIRE.maxNames && (isOwn || entries.length > 0))
        throw new AxiumError('too_large', `path: expected a directory of at most ${WIRE.maxNames} names`);
      entries.sort((one, other) => (one.name < other.name ? -1 : 1));
      return { entries } satisfies Reply;
    },
  };
}

/** Whatever it is: that it is there is as much as reading it would tell. */
function entryAt(path: string): PathTarget {
  return { kind: 'path', asked: path, real: path, found: 'file', kernelFs: null, look: 'entry' };
}

function nothingToSee(): Reply {
  return { entries: [] };
}

function typeOf(entry: Dirent): string {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : 'other';
}
