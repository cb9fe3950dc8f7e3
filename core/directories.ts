import { dirname } from 'node:path';
import { type Places, socketProblem } from '../schemas/places.ts';
import { AxiumError } from './errors.ts';
import type { Powers } from './powers.ts';

/**
 * Makes the daemon's own directories, and refuses ones that another user owns or can write in: whoever can exchange
 * files there decides what the daemon does.
 */
export async function makeDirectories(
  { files, uid }: Pick<Powers, 'files' | 'uid'>,
  places: Places,
): Promise<void> {
  refuseLongSocket(places);
  const { config, state, run, spokeLogs, storage, spokesDirectory, overridesDirectory } = places;
  for (const directory of [config, state, run]) {
    await files.mkdir(directory, { recursive: true, mode: 0o700 });
    await refuseMovable({ files, uid }, directory);
  }
  for (const directory of [config, state, run, spokeLogs, storage, spokesDirectory, overridesDirectory]) {
    await files.mkdir(directory, { recursive: true, mode: 0o700 });
    const stat = await files.stat(directory);
    if (stat.uid !== uid) {
      throw new AxiumError(
        'invalid',
        `${directory}: expected a directory of uid ${uid}, found one of uid ${stat.uid}; change its owner`,
      );
    }
    if ((stat.mode & 0o022) !== 0) {
      throw new AxiumError(
        'invalid',
        `${directory}: expected a directory that only its owner can write in; run chmod go-w on it`,
      );
    }
  }
}

/**
 * Throws `invalid` where somebody else could put another directory in the place of one of ours: who owns the directory
 * above it, or can write in it. Sticky ones like /tmp let nobody rename what is another's.
 */
async function refuseMovable(
  { files, uid }: Pick<Powers, 'files' | 'uid'>,
  directory: string,
): Promise<void> {
  const above = dirname(directory);
  const { mode, uid: owner, gid } = await files.stat(above);
  if (owner !== uid && owner !== 0) {
    throw new AxiumError(
      'invalid',
      `${above}: expected a directory of uid ${uid} or root, found one of uid ${owner}, who could exchange ${directory}; change its owner`,
    );
  }
  const writable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== uid);
  if (writable && (mode & STICKY) === 0) {
    throw new AxiumError(
      'invalid',
      `${above}: expected a directory in which only its owner can write, since others could exchange ${directory}; run chmod go-w on it`,
    );
  }
}

const STICKY = 0o1000;

/** Throws `invalid` where the control socket could not be made, so that nothing else is made either. */
function refuseLongSocket({ socket }: Places): void {
  const problem = socketProblem(socket);
  if (problem !== null) throw new AxiumError('invalid', problem);
}
