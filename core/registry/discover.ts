import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { type LoadedManifest, loadManifest, MANIFEST_FILE, requireManifest } from './load-manifest.ts';
import { InvalidFile, type Problem, wholeFile } from './problem.ts';

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
 * Finds every spoke there is. A bad one is refused with its problems and never stops the others. A user's spoke takes
 * the place of a bundled one of the same name; among the user's own, the first keeps the name.
 */
export async function discoverSpokes(powers: Pick<Powers, 'files'>, places: SpokePlaces): Promise<Discovery> {
  const spokes = new Map<string, LoadedManifest>();
  const refused: { directory: string; problems: readonly Problem[] }[] = [];
  const load = async (named: string, find: typeof loadManifest | typeof requireManifest) => {
    // By its real path, so that "never written" and the sandbox speak of the directory itself and not of a link to it.
    const directory = await powers.files.realpath(named).catch(() => named);
    try {
      return await find(powers, directory, places.home);
    } catch (error) {
      if (!(error instanceof InvalidFile)) throw error;
      refused.push({ directory, problems: error.problems });
      return null;
    }
  };
  const list = (root: string) =>
    subdirectories(powers, root).catch((error: unknown) => {
      const message = `cannot be read (${errno(error) || 'unknown error'}); mend it, or take it out of the path`;
      refused.push({ directory: root, problems: [wholeFile(root, message)] });
      return [];
    });
  for (const directory of (await Promise.all(places.roots.map(list))).flat()) {
    const found = await load(directory, loadManifest);
    if (found === null) continue;
    const holder = spokes.get(found.manifest.name);
    if (holder === undefined) spokes.set(found.manifest.name, found);
    else {
      const message = `the name '${found.manifest.name}' is already taken by ${holder.directory}; rename one of them`;
      refused.push({ directory, problems: [wholeFile(found.file, message)] });
    }
  }
  for (const name of places.bundled.enabled.filter((name) => !spokes.has(name))) {
    const found = await load(`${places.bundled.root}/${name}`, requireManifest);
    if (found === null) continue;
    if (found.manifest.name === name) spokes.set(name, found);
    else {
      const message = `expected the name '${name}', as the directory has it; found '${found.manifest.name}'`;
      refused.push({ directory: found.directory, problems: [wholeFile(found.file, message)] });
    }
  }
  return { spokes: [...spokes.values()], refused };
}

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
