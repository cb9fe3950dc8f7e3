import { isWithin } from '../../schemas/path-text.ts';

/**
 * The words by which bubblewrap makes places read-only, and every directory above them one that cannot be renamed: it
 * becomes a mount point, and renaming that is EBUSY. Otherwise a command could put a directory of its own making in the
 * place of one that holds them. Parents come before what is in them. Pure; all paths are real ones.
 */
export function protectedMounts({
  readOnly,
  hidden,
}: {
  readonly readOnly: readonly string[];
  /** Places that something else is mounted over later: only what is above them is held. */
  readonly hidden: readonly string[];
}): readonly string[] {
  const outermost = readOnly.filter((place) =>
    readOnly.every((other) => other === place || !isWithin(place, other)),
  );
  const above = [...outermost, ...hidden]
    .flatMap(directoriesAbove)
    .filter((directory) => !outermost.some((place) => isWithin(directory, place)));
  const mounts = [
    ...above.map((at) => ({ at, word: '--dev-bind-try' })),
    ...outermost.map((at) => ({ at, word: '--ro-bind-try' })),
  ];
  const byPath = new Map(mounts.map((mount) => [mount.at, mount]));
  return [...byPath.values()]
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .flatMap(({ at, word }) => [word, at, at]);
}

/** Every directory above a path but the root, which is a mount point already. */
function directoriesAbove(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}
