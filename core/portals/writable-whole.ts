import type { Dirent } from 'node:fs';
import { type OpenFile, throughHandle } from './open-file.ts';
import { type PathPowers, resolveForReading } from './resolve-path.ts';
import { refuseDepth, type ScopeEntries } from './scope-entries.ts';

export interface WritableWholeInput {
  readonly powers: PathPowers;
  readonly entries: ScopeEntries;
  /** Whether a directory with an entry of this name cannot be given as a whole. */
  readonly splits: (directory: string, name: string) => boolean;
}

const SET_ID_BITS = 0o6000n;
/** Files of one directory that are looked at together. */
const TOGETHER = 64;

/**
 * Whether a directory can be given to write in as it is: all below could be looked at, nothing there must be taken apart
 * or gains rights, and no file has a name elsewhere as well. What cannot be looked at now, a command could open for itself.
 */
export async function isWritableWhole(
  input: WritableWholeInput,
  directory: string,
  handle: OpenFile,
): Promise<boolean> {
  const names = new NamesOfFiles();
  const waiting: Below[] = [];
  const look = async (at: OpenFile, path: string, depth: number): Promise<boolean> => {
    const entries = await input.entries.of(at);
    if (entries === null || entries.some(({ name }) => input.splits(path, name))) return false;
    for (const entry of entries) {
      if (entry.isDirectory()) waiting.push({ path: `${path}/${entry.name}`, depth: depth + 1 });
    }
    return areHarmless(input.powers, at, entries, names);
  };
  if (!(await look(handle, directory, 0))) return false;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    refuseDepth(next.depth);
    const { target, handle: below } = await resolveForReading(input.powers, next.path);
    try {
      const same = target.real === next.path && target.found === 'directory';
      if (below === null || !same || !(await look(below, next.path, next.depth))) return false;
    } finally {
      await below?.close();
    }
  }
  return names.areAllHere();
}

interface Below {
  readonly path: string;
  readonly depth: number;
}

/** Looks at the files of a directory. A link is a name and nothing else. */
async function areHarmless(
  { files }: PathPowers,
  directory: OpenFile,
  entries: readonly Dirent[],
  names: NamesOfFiles,
): Promise<boolean> {
  const looked = entries.filter((entry) => !entry.isDirectory() && !entry.isSymbolicLink());
  for (let at = 0; at < looked.length; at += TOGETHER) {
    const stats = await Promise.all(
      looked
        .slice(at, at + TOGETHER)
        .map(({ name }) =>
          files.lstat(`${throughHandle(directory)}/${name}`, { bigint: true }).catch(() => null),
        ),
    );
    for (const stat of stats) {
      if (stat === null || (stat.mode & SET_ID_BITS) !== 0n) return false;
      if (stat.nlink > 1n) names.add(`${stat.dev}:${stat.ino}`, stat.nlink);
    }
  }
  return true;
}

/** Counts the names that files with several were met under. */
class NamesOfFiles {
  readonly #missing = new Map<string, bigint>();

  add(file: string, count: bigint): void {
    this.#missing.set(file, (this.#missing.get(file) ?? count) - 1n);
  }

  areAllHere(): boolean {
    return [...this.#missing.values()].every((missing) => missing === 0n);
  }
}
