import type { Powers, Timer } from '../powers.ts';
import { isPassing, listTree } from './spoke-tree.ts';

export interface TreeWatchInput {
  readonly powers: Pick<Powers, 'files' | 'watchDirectory' | 'clock'>;
  /** Something has changed, and nothing more for a moment. */
  readonly onChange: () => void;
  /** Not everything can be watched; told once. */
  readonly onError: (error: unknown) => void;
}

/** So long nothing more must have changed; but a change is told of after so long, whatever goes on. */
const QUIET_MS = 300;
const LATEST_MS = 3000;

/** Directories that are watched at once. The host has so many watches for a user, and others need some as well. */
const MAX_WATCHES = 2048;

interface Watch {
  readonly inode: string;
  readonly close: () => void;
  /** The only names that count; null where all do. */
  names: ReadonlySet<string> | null;
}

/**
 * Tells when something below directories may have changed. Each directory of a tree is watched by itself, the one above
 * it for its name, so that a tree may be removed, replaced, or not be there yet. What changes under a passing name is
 * passed over.
 */
export class TreeWatch {
  readonly #input: TreeWatchInput;
  readonly #watches = new Map<string, Watch>();
  #timer: Timer | null = null;
  #firstChange: number | null = null;
  #isTroubled = false;
  #closed = false;
  #following: Promise<void> = Promise.resolve();

  constructor(input: TreeWatchInput) {
    this.#input = input;
  }

  /** Watches these trees as they are now, and no others. What is watched newly may just have changed, and that is told. */
  follow(roots: readonly string[]): Promise<void> {
    this.#following = this.#following.then(() => this.#follow(roots));
    return this.#following;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const { close } of this.#watches.values()) close();
    this.#watches.clear();
  }

  async #follow(roots: readonly string[]): Promise<void> {
    try {
      const wanted = await this.#directoriesOf(roots);
      for (const [directory, watch] of this.#watches) {
        if (wanted.has(directory) && (await this.#inodeOf(directory)) === watch.inode) continue;
        watch.close();
        this.#watches.delete(directory);
      }
      const added = [];
      for (const [directory, names] of wanted) {
        const known = this.#watches.get(directory);
        if (known) known.names = names;
        else if (await this.#add(directory, names)) added.push(directory);
      }
      if (added.length > 0) this.#changed();
    } catch (error) {
      this.#trouble(error);
    }
  }

  async #directoriesOf(roots: readonly string[]): Promise<Map<string, ReadonlySet<string> | null>> {
    const wanted = new Map<string, Set<string> | null>();
    for (const root of roots) {
      const at = root.lastIndexOf('/');
      const [above, name] = [root.slice(0, at) || '/', root.slice(at + 1)];
      const names = wanted.get(above);
      if (names !== null) wanted.set(above, (names ?? new Set<string>()).add(name));
    }
    for (const root of roots) {
      for (const directory of (await listTree(this.#input.powers.files, root)).directories) {
        wanted.set(directory, null);
      }
    }
    return wanted;
  }

  async #add(directory: string, names: ReadonlySet<string> | null): Promise<boolean> {
    const inode = await this.#inodeOf(directory);
    if (inode === '' || this.#closed) return false;
    if (this.#watches.size >= MAX_WATCHES) {
      this.#trouble(new Error(`more than ${MAX_WATCHES} directories; changes in the others are not noticed`));
      return false;
    }
    const heard = (name: string | null) => this.#heard(directory, name);
    const close = this.#input.powers.watchDirectory(directory, heard, (error) => this.#trouble(error));
    if (close === null) return false;
    this.#watches.set(directory, { inode, close, names });
    return true;
  }

  /** Tells a directory from another one of the same name. */
  async #inodeOf(directory: string): Promise<string> {
    const stat = await this.#input.powers.files.stat(directory).catch(() => null);
    return stat?.isDirectory() ? `${stat.dev}:${stat.ino}` : '';
  }

  #heard(directory: string, name: string | null): void {
    const names = this.#watches.get(directory)?.names;
    if (name !== null && (isPassing(name) || (names && !names.has(name)))) return;
    this.#changed();
  }

  #changed(): void {
    if (this.#closed) return;
    const { clock } = this.#input.powers;
    const now = clock.monotonic();
    this.#firstChange ??= now;
    this.#timer?.cancel();
    const wait = Math.min(QUIET_MS, this.#firstChange + LATEST_MS - now);
    this.#timer = clock.after(Math.max(0, wait), () => {
      this.#timer = null;
      this.#firstChange = null;
      this.#input.onChange();
    });
  }

  #trouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#input.onError(error);
  }
}
