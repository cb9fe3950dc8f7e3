import type { Powers } from '../powers.ts';

type WatchPowers = Pick<Powers, 'files' | 'watchDirectory'>;

/** The names to watch for, by the directory that they are in. */
type Watched = ReadonlyMap<string, ReadonlySet<string>>;

const MAX_LINKS = 40;

/**
 * Calls back whenever a file may have changed: written, replaced by rename, removed, made, or a link on the way to it
 * moved. It watches directories, so that the file need not be there. Returns what ends it.
 */
export async function watchFile(
  powers: WatchPowers,
  file: string,
  onChange: () => void,
  onError: (error: unknown) => void,
): Promise<() => void> {
  const watches = new Map<string, { readonly inode: string; readonly close: () => void }>();
  let names: Watched = new Map();
  let looking: Promise<void> | null = null;
  let again = false;
  let closed = false;

  const look = async () => {
    do {
      again = false;
      names = await namesOnTheWay(powers.files, file);
      for (const [directory, { inode, close }] of watches) {
        if (names.has(directory) && (await inodeOf(powers.files, directory)) === inode) continue;
        close();
        watches.delete(directory);
      }
      for (const directory of names.keys()) {
        if (closed || watches.has(directory)) continue;
        const inode = await inodeOf(powers.files, directory);
        const close = powers.watchDirectory(directory, (name) => heard(directory, name), onError);
        if (close) watches.set(directory, { inode, close });
      }
    } while (again && !closed);
  };
  const relook = () => {
    again = true;
    looking ??= look()
      .catch(onError)
      .finally(() => {
        looking = null;
      });
    return looking;
  };
  const heard = (directory: string, name: string | null) => {
    if (closed || (name !== null && !names.get(directory)?.has(name))) return;
    onChange();
    // A link may lead elsewhere now, or a directory may be another one of the same name. What changed in between is
    // looked for once more, since nobody was told of it.
    void relook().then(() => {
      if (!closed) onChange();
    });
  };
  await relook();
  return () => {
    closed = true;
    for (const { close } of watches.values()) close();
  };
}

/** Tells a directory from another one of the same name. */
async function inodeOf(files: Powers['files'], directory: string): Promise<string> {
  const stat = await files.stat(directory).catch(() => null);
  return stat === null ? '' : `${stat.dev}:${stat.ino}`;
}

/** The file itself, its directory, and every link that leads to it, each by its directory and name. */
async function namesOnTheWay(files: Powers['files'], file: string): Promise<Watched> {
  const names = new Map<string, Set<string>>();
  const add = (directory: string, name: string) => {
    const known = names.get(directory || '/') ?? new Set();
    names.set(directory || '/', known.add(name));
  };
  // The directory itself by its own name: another one may be put in its place.
  const above = file.slice(0, file.lastIndexOf('/'));
  add(above.slice(0, above.lastIndexOf('/')), above.slice(above.lastIndexOf('/') + 1));
  let path = await withoutLinks(files, above);
  const rest = file
    .slice(path.length)
    .split('/')
    .filter((part) => part !== '');
  for (let links = 0; links <= MAX_LINKS && rest.length > 0; ) {
    const name = rest.shift() ?? '';
    if (name === '.') continue;
    if (name === '..') {
      path = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      continue;
    }
    const target = await files.readlink(`${path}/${name}`).catch(() => null);
    if (target !== null || rest.length === 0) add(path, name);
    if (target === null) {
      path = `${path}/${name}`;
      continue;
    }
    links += 1;
    if (target.startsWith('/')) path = '';
    rest.unshift(...target.split('/').filter((part) => part !== ''));
  }
  return names;
}

/**
 * The longest part of a path on which nothing is a link, so that its names need not be asked for one by one: for each that
 * is none, Node makes an error.
 */
async function withoutLinks(files: Powers['files'], path: string): Promise<string> {
  for (let part = path; part !== ''; part = part.slice(0, part.lastIndexOf('/')))
    if ((await files.realpath(part).catch(() => null)) === part) return part;
  return '';
}
