import { type Places, spokesPath } from '../schemas/places.ts';
import type { Powers } from './powers.ts';
import { followLinks, type Steps } from './registry/follow-links.ts';
import type { SpokeBook } from './registry/spoke-book.ts';

export interface OwnPlacesInput {
  readonly powers: Pick<Powers, 'files' | 'env'>;
  readonly places: Places;
  readonly packageRoot: string;
  readonly book: Pick<SpokeBook, 'list' | 'refused'>;
}

/**
 * The places that no rule opens: our own directories, each file of ours that may be a link into a directory of the
 * user's, and every place in which a spoke is or could come to be. Each as it is named, where it really is, and where
 * every link on the way there lies: whoever exchanges such a link decides what is read in its stead.
 */
export async function ownPlaces(input: OwnPlacesInput): Promise<readonly string[]> {
  const { files } = input.powers;
  const { config, state, run, permissionsFile, configFile, overridesDirectory, spokesDirectory } =
    input.places;
  const roots = [spokesDirectory, ...spokesPath(input.powers.env)];
  const within = await Promise.all(
    [overridesDirectory, ...roots].map((directory) => linksIn(files, directory)),
  );
  const named = [
    ...[config, state, run, permissionsFile, configFile, overridesDirectory, input.packageRoot],
    ...roots,
    ...within.flat(),
    ...input.book.list().map(({ directory }) => directory),
    ...input.book.refused.map(({ directory }) => directory),
  ];
  const steps: Steps = new Map();
  const found = new Set(named);
  for (const path of named) {
    const { end, links } = await followLinks(files, path, steps);
    for (const link of links) found.add(link.path);
    if (end !== null && end !== '') found.add(end);
  }
  return [...found];
}

/** What lies in a directory as a link: what it leads to is used like what lies here itself. */
async function linksIn(files: Powers['files'], directory: string): Promise<readonly string[]> {
  const entries = await files.readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => `${directory}/${name}`);
}
