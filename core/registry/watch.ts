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
  const watches = new Map<string, () => void>();
  let names: Watched = new Map();
  let looking: Promise<void> | null = null;
  let again = false;
  let closed = false;

  const look = async () => {
    do {
      again = false;
      names = await namesOnTheWay(powers.files, file);
      for (const [directory, close] of watches) {
        if (names.has(directory)) continue;
        close();
        watches.delete(directory);
      }
      for (const directory of names.keys()) {
        if (closed || watches.has(directory)) continue;
        const close = powers.watchDirectory(directory, (name) => heard(directory, name), onError);
        if (close) watches.set(directory, close);
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
    // A link may lead elsewhere now, or a directory may be another one of the same name.
    if (name === null) watches.get(directory)?.();
    if (name === null) watches.delete(directory);
    void relook();
  };
  await relook();
  return () => {
    closed = true;
    for (const close of watches.values()) close();
  };
}

/** The file itself and every link that leads to it, each by its directory and name. */
async function namesOnTheWay(files: Powers['files'], file: string): Promise<Watched> {
  const names = new Map<string, Set<string>>();
  const add = (directory: string, name: string) => {
    const known = names.get(directory || '/') ?? new Set();
    names.set(directory || '/', known.add(name));
  };
  const rest = file.split('/').filter((part) => part !== '');
  let path = '';
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
