import { AxiumError } from '../errors.ts';

/** One file of a spoke, as it lies in a directory or an archive. */
export interface SpokeFile {
  /** Relative to the spoke's directory, parts divided by `/`. */
  readonly path: string;
  readonly executable: boolean;
  readonly bytes: Buffer;
}

/** What a spoke may be, wherever it comes from. Bytes unless the name says otherwise. */
export const SPOKE_FILES = {
  maxFiles: 5000,
  maxDepth: 16,
  /** Characters of a path. */
  maxPath: 200,
  maxTotal: 67_108_864,
} as const;

const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '__pycache__']);

/** True for a name of what lies beside a spoke and is no part of it: packages, archives, declarations, hidden files. */
export function isLeftOut(name: string): boolean {
  return /^\.(?!\.?$)/.test(name) || LEFT_OUT.has(name) || /\.(?:tgz|d\.m?ts)$/.test(name);
}

/**
 * Names that are the same file everywhere and lead nowhere: no leading dot, no control or unseen character, nothing that
 * a shell or another file system reads in another way.
 */
const PLAIN_NAME = /^[A-Za-z0-9_@][A-Za-z0-9_@+.=~-]*(?: [A-Za-z0-9_@+.=~-]+)*$/;

/** Throws `failed` for a path that no spoke may have. */
export function requirePlainPath(path: string): void {
  const parts = path.split('/');
  const odd = parts.find((part) => !PLAIN_NAME.test(part));
  if (odd !== undefined) {
    throw refusal(path, "expected names of letters, digits and '_ @ + . = ~ -' that begin with no dot");
  }
  if (parts.length > SPOKE_FILES.maxDepth)
    throw refusal(path, `expected at most ${SPOKE_FILES.maxDepth} levels`);
  if (path.length > SPOKE_FILES.maxPath)
    throw refusal(path, `expected at most ${SPOKE_FILES.maxPath} characters`);
}

/** Files as they are gathered: each path once, in bounds, and none a file and a directory at the same time. */
export class SpokeFileSet {
  readonly #files: SpokeFile[] = [];
  /** In lower case: on some file systems two such names are one file. */
  readonly #taken = new Map<string, 'file' | 'directory'>();
  #total = 0;

  /** Throws `failed` where it does not fit with those that are there. */
  add(file: SpokeFile): void {
    requirePlainPath(file.path);
    this.#total += file.bytes.length;
    if (this.#total > SPOKE_FILES.maxTotal) {
      throw refusal(file.path, `expected at most ${SPOKE_FILES.maxTotal} bytes in all files together`);
    }
    if (this.#files.length >= SPOKE_FILES.maxFiles) {
      throw refusal(file.path, `expected at most ${SPOKE_FILES.maxFiles} files`);
    }
    const folded = file.path.toLowerCase();
    const parents = folded.split('/').slice(0, -1);
    for (let depth = 1; depth <= parents.length; depth += 1) {
      const parent = parents.slice(0, depth).join('/');
      if (this.#taken.get(parent) === 'file')
        throw refusal(file.path, 'a file of the same name is there already');
      this.#taken.set(parent, 'directory');
    }
    if (this.#taken.has(folded)) throw refusal(file.path, 'it is there twice');
    this.#taken.set(folded, 'file');
    this.#files.push(file);
  }

  /** In the order of their paths, the same wherever they came from. */
  list(): readonly SpokeFile[] {
    return this.#files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }
}

export function refusal(path: string, why: string): AxiumError {
  return new AxiumError('failed', `${path}: ${why}`);
}
