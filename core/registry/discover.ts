import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import {
  isSameVersion,
  type LoadedManifest,
  loadManifest,
  MANIFEST_FILE,
  requireManifest,
} from './load-manifest.ts';
import { type Owners, ownersFor, type RegistryPowers } from './owners.ts';
import { isWant } from './passing.ts';
import { InvalidFile, type Problem, wholeFile } from './problem.ts';
import { findStrangersBelow } from './trusted-tree.ts';
import { findStranger } from './trusted-way.ts';

/** Where spokes are looked for. */
export interface SpokePlaces {
  /** Directories whose subdirectories may be spokes, the first to claim a name keeping it. */
  readonly roots: readonly string[];
  /** The directory of the bundled spokes, and the names that are enabled. */
  readonly bundled: { readonly root: string; readonly enabled: readonly string[] };
  readonly home: string;
}

export interface Discovery {
  /** In the order in which they were found. */
  readonly spokes: readonly LoadedManifest[];
  /** One entry for each directory that is no spoke of ours, though it says so. */
  readonly refused: readonly { readonly directory: string; readonly problems: readonly Problem[] }[];
}

/**
 * Finds every spoke there is. A bad one is refused with its problems and never stops the others; where its directory
 * holds one of `known`, that one is kept, unless it is somebody else who could have changed it. A user's spoke takes
 * the place of a bundled one of the same name; among the user's own, the first keeps the name. A root in which somebody
 * else could put a spoke is refused as a whole. Throws InvalidFile where the daemon is in want of descriptors or memory,
 * since what it cannot look at is not gone.
 */
export async function discoverSpokes(
  powers: RegistryPowers,
  places: SpokePlaces,
  known: readonly LoadedManifest[] = [],
): Promise<Discovery> {
  const { files } = powers;
  const spokes = new Map<string, LoadedManifest>();
  const refused: { directory: string; problems: readonly Problem[] }[] = [];
  const load = async (
    named: string,
    owners: Owners | null,
    find: typeof loadManifest | typeof requireManifest,
  ) => {
    // By its real path, so that "never written" and the sandbox speak of the directory itself and not of a link to it.
    const directory = await files.realpath(named).catch(() => named);
    try {
      const found = sameOr(await find(powers, directory, places.home, owners, known), known);
      // The way by which it was named may be another one, of links that somebody else could exchange.
      const stranger =
        found && owners && named !== directory ? await findStranger(files, named, owners) : null;
      if (stranger !== null) throw new InvalidFile([stranger]);
      return found;
    } catch (error) {
      if (!(error instanceof InvalidFile) || error.isWant) throw error;
      refused.push({ directory, problems: error.problems });
      const kept = known.find((spoke) => spoke.directory === directory);
      return kept && (await isOurs(files, named, directory, owners)) ? kept : null;
    }
  };
  const own = ownersFor(powers);
  const refuseRoot = (root: string, problem: Problem) => {
    refused.push({ directory: root, problems: [problem] });
    return [];
  };
  const list = async (root: string) => {
    const stranger = own && (await findStranger(files, root, own));
    if (stranger !== null) return refuseRoot(root, stranger);
    return subdirectories(powers, root).catch((error: unknown) => {
      const code = errno(error);
      const message = `cannot be read (${code || 'unknown error'}); mend it, or take it out of the path`;
      const problem = wholeFile(root, message);
      if (isWant(code)) throw new InvalidFile([problem], code);
      refuseRoot(root, problem);
      return known.map(({ directory }) => directory).filter((directory) => directory.startsWith(`${root}/`));
    });
  };
  for (const directory of (await Promise.all(places.roots.map(list))).flat()) {
    const found = await load(directory, own, loadManifest);
    if (found === null) continue;
    const holder = spokes.get(found.manifest.name);
    if (holder === undefined) spokes.set(found.manifest.name, found);
    else {
      const message = `the name '${found.manifest.name}' is already taken by ${holder.directory}; rename one of them`;
      refused.push({ directory, problems: [wholeFile(found.file, message)] });
    }
  }
  for (const name of places.bundled.enabled.filter((name) => !spokes.has(name))) {
    const found = await load(`${places.bundled.root}/${name}`, ANYBODY, requireManifest);
    if (found === null) continue;
    if (found.manifest.name === name) spokes.set(name, sameOr({ ...found, bundled: true }, known));
    else {
      const message = `expected the name '${name}', as the directory has it; found '${found.manifest.name}'`;
      refused.push({ directory: found.directory, problems: [wholeFile(found.file, message)] });
    }
  }
  return { spokes: [...spokes.values()], refused };
}

/** The known object where it is the same version, so that what was made from it stays. */
function sameOr<T extends LoadedManifest | null>(found: T, known: readonly LoadedManifest[]): T {
  return ((found && known.find((spoke) => isSameVersion(spoke, found))) ?? found) as T;
}

async function isOurs(
  files: Powers['files'],
  named: string,
  directory: string,
  owners: Owners | null,
): Promise<boolean> {
  if (owners === null) return true;
  const ways = await Promise.all([named, directory].map((path) => findStranger(files, path, owners)));
  return (
    ways.every((stranger) => stranger === null) &&
    (await findStrangersBelow(files, directory, owners)).length === 0
  );
}

/** Of the bundled spokes nobody's ownership is judged: whoever can change them can change the daemon itself. */
export const ANYBODY = null;

/** The names of the bundled spokes there are, enabled or not. */
export async function bundledNames(
  { files }: Pick<Powers, 'files'>,
  root: string,
): Promise<readonly string[]> {
  const directories = await subdirectories({ files }, root);
  const present = await Promise.all(
    directories.map((directory) =>
      files.access(`${directory}/${MANIFEST_FILE}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return directories
    .filter((_, index) => present[index])
    .map((directory) => directory.slice(root.length + 1));
}

async function subdirectories({ files }: Pick<Powers, 'files'>, root: string): Promise<readonly string[]> {
  const entries = await files.readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errno(error))) return [];
    throw error;
  });
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => `${root}/${entry.name}`)
    .sort();
}
