import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Powers, Timer } from '../powers.ts';

export interface PathWatchInput {
  readonly powers: Pick<Powers, 'files' | 'watchDirectory' | 'clock'>;
  /** A real path: what it leads to by a link is something else. */
  readonly path: string;
  /** Lets only so much be looked up at once, since a mount that hangs holds a thread for each. */
  readonly inTurn: <T>(look: () => Promise<T>) => Promise<T>;
  /** What is at these paths may have changed, come or gone, and no more for a moment; null where there are too many. */
  readonly onChange: (paths: readonly string[] | null) => void;
  readonly onError: (error: unknown) => void;
}

const O_PATH = 0o10000000;
const DIRECTORY = O_PATH | constants.O_DIRECTORY;

const QUIET_MS = 100;
/** Names that are kept for one telling. */
const MAX_NAMES = 4096;
/** As what a directory tells of itself: no entry of one can have this name. */
const ITSELF = '.';

/** An open directory that is watched: the path itself where `name` is null, else one above it, and the next name from there. */
interface Place {
  readonly handle: FileHandle;
  readonly real: string;
  readonly name: string | null;
  readonly close: () => void;
}

/**
 * Tells of changes at one path: of every name in it where it is a directory, otherwise of itself. What is not there is
 * waited for, from the nearest directory that is. Each directory is watched through the handle of what was opened, and
 * nothing of it is told once it lies elsewhere.
 */
export class PathWatch {
  readonly #input: PathWatchInput;
  #place: Place | null = null;
  /** Whether there is something at the path. */
  #isThere = false;
  #closed = false;
  #timer: Timer | null = null;
  #names = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(input: PathWatchInput) {
    this.#input = input;
  }

  /** Settles once it watches; what changes from then on is told. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#settle());
  }

  /** False where the host has no watch left. */
  get isWatching(): boolean {
    return this.#place !== null;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#leave();
  }

  #heard(place: Place, name: string | null): void {
    if (place !== this.#place || this.#closed) return;
    if (place.name !== null && name !== null && name !== place.name && name !== ITSELF) return;
    this.#names.add(name ?? ITSELF);
    this.#timer ??= this.#input.powers.clock.after(QUIET_MS, () => {
      this.#timer = null;
      void this.#inTurn(() => this.#tell());
    });
  }

  async #tell(): Promise<void> {
    const names = this.#names;
    const before = { place: this.#place, isThere: this.#isThere };
    this.#names = new Set();
    await this.#settle();
    const place = this.#place;
    if (place === null || this.#closed) return;
    const { path, onChange } = this.#input;
    // Where it has come to be one, all that is in it is new.
    const inside =
      place.name !== null ? [] : place === before.place ? [...names] : await this.#namesIn(place);
    const isNews = this.#isThere !== before.isThere || (this.#isThere && place.name !== null);
    const paths = inside.filter((name) => name !== ITSELF).map((name) => joined(path, name));
    if (isNews) paths.push(path);
    if (this.#closed || paths.length === 0) return;
    onChange(paths.length > MAX_NAMES ? null : paths);
  }

  /** Watches where the path can be seen best: as long as something closer is there by now, from there. */
  async #settle(): Promise<void> {
    const held = this.#place;
    if (held?.name === null && (await this.#realOf(held.handle)) === held.real) return;
    for (let tries = 0; tries < 16 && !this.#closed; tries += 1) {
      const place = await this.#watchNearest();
      this.#leave();
      if (this.#closed) return place?.close();
      this.#place = place;
      if (place === null) return;
      const next = place.name === null ? 'directory' : await this.#kindOf(place, place.name);
      const isAtPath = place.name === null || joined(place.real, place.name) === this.#input.path;
      this.#isThere = isAtPath && next !== 'nothing';
      // Before it was watched, something can have come that nobody was told of.
      if (place.name === null || next !== 'directory') return;
    }
  }

  async #watchNearest(): Promise<Place | null> {
    const { path } = this.#input;
    let place = await this.#watch(path, null);
    for (let at = path; place === null && at !== '/'; ) {
      const cut = at.lastIndexOf('/');
      place = await this.#watch(at.slice(0, cut) || '/', at.slice(cut + 1));
      at = at.slice(0, cut) || '/';
    }
    return place;
  }

  async #watch(real: string, name: string | null): Promise<Place | null> {
    const { files, watchDirectory } = this.#input.powers;
    const handle = await files.open(real, DIRECTORY).catch(() => null);
    if (handle === null) return null;
    const watched = `${throughHandle(handle)}/${ITSELF}`;
    // A watch is begun in the daemon's own thread: what would hang there hangs here, in one for files.
    const isReadable = await files.access(watched, constants.R_OK).then(
      () => true,
      () => false,
    );
    const isReal = isReadable && (await this.#realOf(handle)) === real;
    const unwatch = isReal
      ? watchDirectory(
          watched,
          (changed) => this.#heard(place, changed),
          // One that cannot be had any more is none, and that is told by where this watches.
          () => {},
        )
      : null;
    const close = () => {
      unwatch?.();
      handle.close().catch(this.#input.onError);
    };
    const place: Place = { handle, real, name, close };
    if (unwatch !== null) return place;
    close();
    return null;
  }

  /** Where an open directory lies now; one that was removed lies nowhere. */
  #realOf(handle: FileHandle): Promise<string> {
    return this.#input.powers.files.readlink(throughHandle(handle)).catch(() => '');
  }

  /** What a name in an open directory is. A link is no part of a real path. */
  async #kindOf({ handle }: Place, name: string): Promise<'directory' | 'something' | 'nothing'> {
    const { files } = this.#input.powers;
    const stat = await files.lstat(`${throughHandle(handle)}/${name}`).catch(() => null);
    if (stat === null || stat.isSymbolicLink()) return 'nothing';
    return stat.isDirectory() ? 'directory' : 'something';
  }

  async #namesIn({ handle }: Place): Promise<readonly string[]> {
    const names: string[] = [];
    const directory = await this.#input.powers.files.opendir(throughHandle(handle)).catch(() => null);
    for await (const { name } of directory ?? []) if (names.push(name) > MAX_NAMES) break;
    return names;
  }

  #leave(): void {
    this.#place?.close();
    this.#place = null;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const unlessClosed = async () => (this.#closed ? undefined : work());
    this.#turn = this.#turn
      .then(() => (this.#closed ? undefined : this.#input.inTurn(unlessClosed)))
      .catch(this.#input.onError);
    return this.#turn;
  }
}

function throughHandle(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

function joined(directory: string, name: string): string {
  return `${directory === '/' ? '' : directory}/${name}`;
}
