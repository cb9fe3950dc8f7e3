import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { CliError, EXIT } from './exit.ts';

/** How something is held without being used, which node:fs does not name. */
const O_PATH = 0o10000000;

/**
 * A path that leads to this socket and to nothing that is put in its place later, or null where there is nothing. It stays
 * good until this process ends. Throws 77 for anything but a socket of this user: whoever can write a name could have root
 * speak to the socket of somebody else.
 */
export function ownSocket(path: string, uid: number): string | null {
  const handle = openedAt(path);
  if (handle === null) return null;
  const there = fstatSync(handle);
  if (there.isSocket() && there.uid === uid) return `/proc/self/fd/${handle}`;
  closeSync(handle);
  const found = there.isSocket() ? `one of uid ${there.uid}` : 'something else';
  throw new CliError(
    EXIT.denied,
    `${path}: expected a socket of uid ${uid}, who called sudo, found ${found}; remove it, and restart the daemon`,
  );
}

/** A link is held itself, and not followed. */
function openedAt(path: string): number | null {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
}
