import { constants, type Stats } from 'node:fs';
import { AxiumError, errno } from './errors.ts';

/**
 * Flags for opening a file of the daemon's own state: a link planted under its name must not lead elsewhere, and a FIFO
 * must not be waited for.
 */
export const NEVER_ELSEWHERE = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Throws `invalid` where what was opened is not such a file: no regular file keeps what is written to it, and whoever
 * owns it, or has another name for it, can change it. `uid` is the daemon's; without it any owner will do.
 */
export function refuseStranger(path: string, stat: Stats, uid?: number): void {
  if (!stat.isFile()) throw unfit(path, 'something else', 'move it away');
  if (stat.nlink > 1) throw unfit(path, 'one with several names (hard links)', 'copy it, and keep the copy');
  if (uid !== undefined && stat.uid !== uid) throw unfit(path, `one of uid ${stat.uid}`, 'change its owner');
}

/** Why a file of the state could not be opened, as a sentence for its user; anything but a system failure as it is. */
export function explainOpening(path: string, error: unknown): unknown {
  const code = errno(error);
  if (error instanceof AxiumError || code === '') return error;
  const found = FOUND[code];
  if (found !== undefined) return unfit(path, found, 'move it away');
  return new AxiumError('unavailable', `${path}: cannot be opened (${code})`);
}

/** Why something of the state could not be written or opened, in as few words as say it. */
export function describeFailure(error: unknown): string {
  return error instanceof AxiumError ? error.message : errno(error) || 'unknown error';
}

const FOUND: Readonly<Record<string, string>> = {
  ELOOP: 'a symlink',
  EISDIR: 'a directory',
  ENXIO: 'a socket or a device',
};

function unfit(path: string, found: string, remedy: string): AxiumError {
  return new AxiumError(
    'invalid',
    `${path}: expected a regular file of the daemon, found ${found}; ${remedy}`,
  );
}
