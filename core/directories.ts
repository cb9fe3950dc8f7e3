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

/** Throws `invalid` where the control socket could not be made, so that nothing else is made either. */
export function refuseLongSocket({ socket }: Places): void {
  const problem = socketProblem(socket);
  if (problem !== null) throw new AxiumError('invalid', problem);
}
