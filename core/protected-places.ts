import { isWithin } from '../schemas/path-text.ts';
import type { Powers } from './powers.ts';

export interface ProtectedPlacesInput {
  readonly files: Pick<Powers['files'], 'realpath'>;
  /** The places as they are named by now. */
  readonly names: () => readonly string[];
  readonly home: string;
}

/** What everything else lies in, or is needed to work at all: to take the right to write there would take it from all. */
const NEVER = ['/', '/tmp', '/var/tmp', '/dev', '/dev/shm'];

/**
 * Where the places really are, as last looked at: at the start, and again after each time it was asked, so that a mount
 * that hangs keeps no command waiting. One that is not there is none, nor is one that holds the home directory.
 */
export async function followProtectedPlaces({
  files,
  names,
  home,
}: ProtectedPlacesInput): Promise<() => readonly string[]> {
  const look = async () => {
    const found = await Promise.all(names().map((name) => files.realpath(name).catch(() => null)));
    const places = found.filter((place) => place !== null);
    return [...new Set(places)].filter((place) => !isWithin(home, place) && !NEVER.includes(place));
  };
  let places = await look();
  let looking = false;
  return () => {
    if (!looking) {
      looking = true;
      void look()
        .then((found) => {
          places = found;
        })
        .finally(() => {
          looking = false;
        });
    }
    return places;
  };
}
