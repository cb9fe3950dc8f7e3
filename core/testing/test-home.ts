import { type Places, placesFor } from '../../schemas/places.ts';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';

/** A home directory and an AXIUM_HOME beside it, of one run of a spoke alone. */
export interface TestHome {
  readonly root: string;
  readonly home: string;
  readonly places: Places;
  readonly env: Readonly<Record<string, string>>;
  /** A path as a spoke writes it, `~/...` or absolute within the home, as it is on the disk. */
  readonly pathOf: (path: string) => string;
}

/** Makes the directories, and in the home the files that a test names. Throws `invalid` for one outside the home. */
export async function makeTestHome(
  { files }: Pick<Powers, 'files'>,
  temporary: string,
  content: Readonly<Record<string, string | Uint8Array>>,
): Promise<TestHome> {
  // Before anything is made that would be left.
  const odd = Object.keys(content).find((path) => !/^~\/./.test(path) || path.split('/').includes('..'));
  if (odd !== undefined) throw outside(odd);
  const root = await files.realpath(await files.mkdtemp(`${temporary}/axium-testing-`));
  const home = `${root}/home`;
  const env = { HOME: home, AXIUM_HOME: `${root}/axium`, PATH: '/usr/bin:/bin' };
  const places = placesFor(env, home);
  const pathOf = (path: string) => {
    const absolute = path.replace(/^~(?=\/)/, home);
    if (!absolute.startsWith(`${home}/`) || absolute.split('/').includes('..')) throw outside(path);
    return absolute;
  };
  for (const directory of [home, places.spokesDirectory])
    await files.mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [path, text] of Object.entries(content)) {
    const absolute = pathOf(path);
    await files.mkdir(absolute.slice(0, absolute.lastIndexOf('/')), { recursive: true, mode: 0o700 });
    await files.writeFile(absolute, text);
  }
  return { root, home, places, env, pathOf };
}

function outside(path: string): AxiumError {
  return new AxiumError('invalid', `files: expected a path that begins with '~/', found '${path}'`);
}
