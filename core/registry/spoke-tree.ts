import { createHash } from 'node:crypto';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';

/** What one look takes in of a directory tree. What lies beyond is not noticed when it changes. */
const MAX_DIRECTORIES = 256;
const MAX_FILES = 4096;

/** Where tools keep what is no code: it changes without any change of the spoke. */
const NO_CODE: ReadonlySet<string> = new Set(['.git', '.hg', '.svn']);

/** Names under which editors keep a file for a moment, or beside the real one. */
const PASSING = /^\.#|^#.*#$|~$|\.sw[a-z]$|^4913$|\.te?mp$|^\.goutputstream-|___jb_(?:tmp|old)___$/;

/** Whether what changed under this name in a directory of a spoke is no change of the spoke. */
export function isPassing(name: string): boolean {
  return NO_CODE.has(name) || PASSING.test(name);
}

export interface Tree {
  readonly directories: readonly string[];
  /** Regular files and links. */
  readonly files: readonly string[];
}

/**
 * The directories and files below a directory, itself first, without following links. Bounded. A directory that is not
 * there or may not be read is an empty one; throws where it could not be told.
 */
export async function listTree(files: Powers['files'], root: string): Promise<Tree> {
  const directories = [root];
  const found: string[] = [];
  // It grows while it is gone through.
  for (const directory of directories) {
    const entries = await files.readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
      if (IS_EMPTY.has(errno(error))) return [];
      throw error;
    });
    for (const entry of entries) {
      if (isPassing(entry.name)) continue;
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory() && directories.length < MAX_DIRECTORIES) directories.push(path);
      if ((entry.isFile() || entry.isSymbolicLink()) && found.length < MAX_FILES) found.push(path);
    }
  }
  return { directories, files: found };
}

const IS_EMPTY: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

/** Changes with every file below a directory that is written, made, removed, replaced or given other rights. */
export async function fingerprintTree(files: Powers['files'], root: string): Promise<string> {
  const tree = await listTree(files, root);
  const lines = await Promise.all(
    tree.files.map(async (path) => {
      const stat = await files.lstat(path, { bigint: true }).catch(() => null);
      return stat === null ? '' : [path, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join('\0');
    }),
  );
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 32);
}
