import type { Dirent, Stats } from 'node:fs';
import type { PathTarget } from '../../schemas/decision.ts';
import { hasControl, isWithin } from '../../schemas/path-text.ts';
import {
  type GrantedPaths,
  type Scope,
  type ScopeBind,
  type ScopeList,
  SYSTEM_DIRECTORIES,
} from '../../schemas/scope.ts';
import { AxiumError } from '../errors.ts';
import type { OpenFile } from './open-file.ts';
import { type FoundFile, type PathPowers, resolveForReading } from './resolve-path.ts';
import { refuseDepth, SCOPE_CAPS, ScopeEntries } from './scope-entries.ts';
import { usableLinks } from './usable-links.ts';
import { isWritableWhole } from './writable-whole.ts';

const SET_ID_BITS = 0o6000;

export interface ScopeWalkInput {
  readonly powers: PathPowers;
  readonly granted: GrantedPaths;
  readonly keepOut: readonly string[];
  /** Where other file systems are mounted: what is below one is looked at by itself. */
  readonly mounts: readonly string[];
}

type Held = Omit<ScopeBind, 'fd'> & { readonly handle: OpenFile };
type Link = Scope['links'][number];

/** What became of something that was found: whether its handle is kept, and what in it is to be looked at by itself. */
interface Taken {
  readonly kept: boolean;
  readonly entries: readonly Dirent[];
}

const LEFT: Taken = { kept: false, entries: [] };

/**
 * Collects what a command is to find: a directory as a whole where all that is in it or could come to be in it is
 * allowed, otherwise each file that is allowed by itself. So nothing is ever bound and then hidden again.
 */
export class ScopeWalk {
  readonly #input: ScopeWalkInput;
  readonly #held = new Map<string, Held>();
  readonly #dropped: OpenFile[] = [];
  readonly #links: Link[] = [];
  readonly #seen = new Set<string>();
  readonly #entries: ScopeEntries;

  constructor(input: ScopeWalkInput) {
    this.#input = input;
    this.#entries = new ScopeEntries(input.powers.files);
  }

  /** Looks at a path and at all below it that a list may open. Throws `too_large`. */
  async visit(list: ScopeList, path: string, { onlyFile = false, depth = 0 } = {}): Promise<void> {
    refuseDepth(depth);
    const found = await resolveForReading(this.#input.powers, path);
    let taken = LEFT;
    try {
      if (!onlyFile || found.target.found === 'file') taken = await this.#take(list, found);
    } finally {
      if (!taken.kept) await found.handle?.close();
    }
    // The directory is closed by now, so that a deep tree takes no more descriptors than a flat one.
    for (const entry of taken.entries) await this.#visitEntry(list, found.target.real, entry, depth + 1);
  }

  /** Adds the program itself, where it is not part of the system. */
  async addProgram(program: string): Promise<void> {
    const { target, handle } = await resolveForReading(this.#input.powers, program);
    const { granted } = this.#input;
    const there = SYSTEM_DIRECTORIES.some((directory) => isWithin(target.real, directory));
    if (target.real !== program) this.#links.push({ path: program, to: target.real });
    if (there || handle === null || target.found !== 'file') {
      await handle?.close();
      return;
    }
    if (granted.withholds(target) || target.kernelFs !== null || this.#isKeptOut(target.real)) {
      await handle.close();
      throw new AxiumError(
        'denied',
        `exec_profile: scoped: expected a program that a command may read, found ${program}; a rule, or the place where it lies, withholds it`,
      );
    }
    if (!this.#hold({ path: target.real, list: null, whole: false, handle })) await handle.close();
  }

  /** What was found, and those of the links that lead to it. */
  found(links: readonly Link[]): Pick<Scope, 'binds' | 'links'> {
    const binds = this.#binds().map(({ handle, ...bind }) => ({ ...bind, fd: handle.fd }));
    return { binds, links: usableLinks([...links, ...this.#links], binds) };
  }

  async release(): Promise<void> {
    const handles = [...this.#binds().map(({ handle }) => handle), ...this.#dropped.splice(0)];
    this.#held.clear();
    await Promise.all(handles.map((handle) => handle.close()));
  }

  #take(list: ScopeList, { target, handle, stat }: FoundFile): Promise<Taken> | Taken {
    if (handle === null || stat === null || target.kernelFs !== null || this.#isKeptOut(target.real))
      return LEFT;
    if (target.found === 'directory') return this.#takeDirectory(list, target.real, handle);
    return { kept: this.#takeFile(list, target, handle, stat), entries: [] };
  }

  #takeFile(list: ScopeList, target: PathTarget, handle: OpenFile, stat: Stats): boolean {
    if (target.found !== 'file' || !this.#input.granted.allows(list, target)) return false;
    // Writing through one of several names, or into a program that gains rights, is nothing that was decided on.
    if (list === 'fs_write' && (stat.nlink !== 1 || (stat.mode & SET_ID_BITS) !== 0)) return false;
    if (target.asked !== target.real) this.#links.push({ path: target.asked, to: target.real });
    return this.#hold({ path: target.real, list, whole: false, handle });
  }

  async #takeDirectory(list: ScopeList, directory: string, handle: OpenFile): Promise<Taken> {
    const { granted } = this.#input;
    if (this.#isCovered(directory, list) || this.#seen.has(`${list} ${directory}`)) return LEFT;
    this.#seen.add(`${list} ${directory}`);
    if (
      granted.allowsAllBelow(list, directory) &&
      !this.#holdsOther(list, directory) &&
      (list === 'fs_read' || (await this.#isWritableWhole(list, directory, handle)))
    ) {
      return { kept: this.#hold({ path: directory, list, whole: true, handle }), entries: [] };
    }
    if (!granted.mayAllowBelow(list, directory)) return LEFT;
    return { kept: false, entries: (await this.#entries.of(handle)) ?? [] };
  }

  #isWritableWhole(list: ScopeList, directory: string, handle: OpenFile): Promise<boolean> {
    const { powers, granted } = this.#input;
    const splits = (above: string, name: string) => granted.splits(list, above, name);
    return isWritableWhole({ powers, entries: this.#entries, splits }, directory, handle);
  }

  async #visitEntry(list: ScopeList, directory: string, entry: Dirent, depth: number): Promise<void> {
    const path = `${directory === '/' ? '' : directory}/${entry.name}`;
    if (hasControl(path)) return;
    const { granted } = this.#input;
    const target: PathTarget = { kind: 'path', asked: path, real: path, found: 'file', kernelFs: null };
    // Told from the name first, so that only what can be bound is opened.
    if (entry.isFile() && !granted.allows(list, target)) return;
    if (entry.isDirectory() && !granted.mayAllowBelow(list, path)) return;
    // A link met on the way opens a file that is allowed where it really lies, and no directory.
    await this.visit(list, path, { onlyFile: entry.isSymbolicLink(), depth });
  }

  /** Whether something of another kind lies below: what is written elsewhere, what is kept out, another file system. */
  #holdsOther(list: ScopeList, directory: string): boolean {
    const { keepOut, mounts } = this.#input;
    const below = (path: string) => path !== directory && isWithin(path, directory === '/' ? '' : directory);
    const written = list === 'fs_read' ? this.#binds().filter((held) => held.list === 'fs_write') : [];
    return keepOut.some(below) || mounts.some(below) || written.some(({ path }) => below(path));
  }

  #hold(held: Held): boolean {
    if (this.#isCovered(held.path, held.list)) return false;
    if (this.#held.size >= SCOPE_CAPS.binds) {
      throw new AxiumError(
        'too_large',
        `exec_profile: scoped: expected at most ${SCOPE_CAPS.binds} files and directories to give to a command, found more; name whole directories ('dir/**') without exceptions inside, or fewer files`,
      );
    }
    if (held.whole)
      this.#drop(
        ({ path, list }) => isWithin(path, held.path) && (list !== 'fs_write' || held.list === list),
      );
    this.#held.set(held.path, held);
    return true;
  }

  /** Lets go of what is part of something larger by now. */
  #drop(covered: (held: Held) => boolean): void {
    for (const held of this.#binds().filter(covered)) {
      this.#held.delete(held.path);
      this.#dropped.push(held.handle);
    }
  }

  #binds(): readonly Held[] {
    return [...this.#held.values()];
  }

  /** Whether a command finds it already, and can do with it what the list allows. */
  #isCovered(path: string, list: ScopeList | null): boolean {
    const writable = list === 'fs_write';
    if (!writable && SYSTEM_DIRECTORIES.some((directory) => isWithin(path, directory))) return true;
    return this.#binds().some(
      (held) =>
        (held.list === 'fs_write' || !writable) &&
        (held.path === path || (held.whole && isWithin(path, held.path))),
    );
  }

  #isKeptOut(path: string): boolean {
    return this.#input.keepOut.some((directory) => isWithin(path, directory));
  }
}
