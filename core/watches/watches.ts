import type { PathTarget } from '../../schemas/decision.ts';
import type { GrantedPaths } from '../../schemas/scope.ts';
import type { Subject } from '../../schemas/subject.ts';
import { AxiumError } from '../errors.ts';
import type { RecordEvent } from '../open-state.ts';
import type { Powers } from '../powers.ts';
import type { Lines } from '../supervisor/lines.ts';
import { PathWatch } from './path-watch.ts';

/** Watches of one process at once. */
const MAX_WATCHES = 16;
/** Names in one telling; of more, only that there are. */
const MAX_TOLD = 256;
/** Of names that wait to be told, more are told as too many. */
const MAX_WAITING = 4096;

export interface WatchesInput {
  readonly powers: Pick<Powers, 'files' | 'watchDirectory' | 'clock'>;
  readonly lines: Lines;
  /** Shared with the lookups of the spoke's requests: its own mounts that hang hold no more threads for its watches. */
  readonly inTurn: <T>(spoke: string, look: () => Promise<T>) => Promise<T>;
  /** What the rules of a spoke say of single paths now. */
  readonly granted: (spoke: string) => Promise<Pick<GrantedPaths, 'allows'>>;
  readonly recordEvent: RecordEvent;
  readonly onError: (error: unknown) => void;
}

interface Held {
  readonly subject: Subject;
  readonly request: number;
  readonly path: string;
  readonly watch: PathWatch;
  /** What is still to be told: null for too much of it. */
  waiting: Set<string> | null;
  /** It waits for the process to read what came before. */
  isTelling: boolean;
}

/**
 * What spokes watch. Each change is told only as far as the rights of that moment cover it, no faster than the process
 * reads; a watch ends with the process, and with the right to it.
 */
export class Watches {
  readonly #input: WatchesInput;
  readonly #held = new Set<Held>();

  constructor(input: WatchesInput) {
    this.#input = input;
    input.lines.onClosed((instance) => {
      for (const held of this.#of(instance)) this.#drop(held);
    });
  }

  /** Begins to tell a process of changes at a real path. Throws `quota` above 16, `exists` for an id in use. */
  async begin(subject: Subject, request: number, path: string): Promise<void> {
    const own = this.#of(subject.instance);
    if (own.length >= MAX_WATCHES)
      throw new AxiumError('quota', `expected at most ${MAX_WATCHES} watches at once; end one of them`);
    if (own.some((held) => held.request === request))
      throw new AxiumError('exists', `id: expected one that no watch has, found that of another`);
    const { powers, inTurn, onError } = this.#input;
    const watch = new PathWatch({
      powers,
      path,
      inTurn: (look) => inTurn(subject.spoke, look),
      onChange: (paths) => void this.#tell(held, paths).catch(onError),
      onError,
    });
    const held: Held = { subject, request, path, watch, waiting: new Set(), isTelling: false };
    this.#held.add(held);
    await watch.start();
    if (watch.isWatching || !this.#held.has(held)) return;
    this.#drop(held);
    throw new AxiumError('unavailable', 'this host has no more watches of files; close other programs');
  }

  /** Throws `not_found`. */
  end({ instance }: Pick<Subject, 'instance'>, request: number): void {
    const held = this.#of(instance).find((one) => one.request === request);
    if (held === undefined) throw new AxiumError('not_found', 'watch: there is no such watch, or no more');
    this.#drop(held);
  }

  /** Ends those that the rights of their spokes do not cover any more. */
  async revoke(): Promise<void> {
    for (const held of [...this.#held]) {
      if (!(await this.#mayLook(held))) this.#revokeOne(held);
    }
  }

  /** Whether a process watches anything. */
  isWatching(instance: string): boolean {
    return this.#of(instance).length > 0;
  }

  close(): void {
    for (const held of [...this.#held]) this.#drop(held);
  }

  async #tell(held: Held, paths: readonly string[] | null): Promise<void> {
    const { lines, granted } = this.#input;
    const line = lines.to(held.subject.instance);
    if (line === undefined || !this.#held.has(held)) return;
    held.waiting =
      paths === null || held.waiting === null || held.waiting.size > MAX_WAITING
        ? null
        : new Set([...held.waiting, ...paths]);
    if (held.isTelling) return;
    held.isTelling = true;
    await line.whenRead();
    const waiting = held.waiting;
    held.waiting = new Set();
    held.isTelling = false;
    if (!(await this.#mayLook(held))) return this.#revokeOne(held);
    const { allows } = await granted(held.subject.spoke);
    const shown = waiting === null ? null : [...waiting].filter((path) => allows('fs_read', entryAt(path)));
    if (!this.#held.has(held) || shown?.length === 0) return;
    const names =
      shown === null || shown.length > MAX_TOLD
        ? null
        : shown.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort();
    line.send({ event: 'fs_change', request: held.request, names });
  }

  async #mayLook({ subject, path }: Held): Promise<boolean> {
    return this.#input.granted(subject.spoke).then(
      ({ allows }) => allows('fs_read', { ...entryAt(path), found: 'directory', look: 'names' }),
      () => false,
    );
  }

  #revokeOne(held: Held): void {
    if (!this.#held.has(held)) return;
    const { subject, request, path } = held;
    this.#drop(held);
    this.#input.recordEvent('watch_revoked', subject.spoke, { path, instance: subject.instance });
    this.#input.lines.to(subject.instance)?.send({ event: 'watch_ended', request, code: 'denied' });
  }

  #of(instance: string): readonly Held[] {
    return [...this.#held].filter(({ subject }) => subject.instance === instance);
  }

  #drop(held: Held): void {
    this.#held.delete(held);
    held.watch.close();
  }
}

function entryAt(path: string): PathTarget {
  return { kind: 'path', asked: path, real: path, found: 'file', kernelFs: null, look: 'entry' };
}
