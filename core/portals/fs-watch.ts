import type { PathTarget } from '../../schemas/decision.ts';
import { askedPath } from './asked-path.ts';
import { type Portal, plainTarget, resolved, type Subject } from './portal.ts';
import { type PathPowers, resolveForReading } from './resolve-path.ts';

/** The watches of all spokes. A watch is known by its process and the id of the request that began it. */
export interface Watching {
  /** Begins to tell the process of changes at a real path. Throws `quota` and `exists`. */
  readonly begin: (subject: Subject, request: number, real: string) => void | Promise<void>;
  /** Throws `not_found`. */
  readonly end: (subject: Subject, request: number) => void;
}

export interface WatchPowers extends PathPowers {
  readonly watching: Watching;
}

/**
 * Tells a spoke of changes at a path, there or not, for as long as it may look there: decided on what was opened, and
 * again with each change that is told.
 */
export function fsWatchPortal(powers: WatchPowers): Portal<'fs_watch', null> {
  return {
    action: 'fs_read',
    resource: ({ path }) => path,
    async resolve({ path }) {
      const { target, handle } = await resolveForReading(powers, askedPath(path, powers.home));
      await handle?.close();
      return resolved({ ...target, look: 'names' }, null);
    },
    async perform({ target }, { id }, subject) {
      await powers.watching.begin(subject, id, (target as PathTarget).real);
      return {};
    },
  };
}

/** Ends a watch of one's own, which needs no right: it takes away what the spoke hears. */
export function fsUnwatchPortal({ watching }: WatchPowers): Portal<'fs_unwatch', null> {
  return {
    action: 'permissions',
    resource: () => null,
    resolve: plainTarget,
    async perform(_resolved, { watch }, subject) {
      watching.end(subject, watch);
      return {};
    },
  };
}
