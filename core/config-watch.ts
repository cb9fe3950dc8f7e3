import type { Powers, Timer } from './powers.ts';
import { watchFile } from './registry/watch.ts';

export interface ConfigWatchInput {
  readonly powers: Pick<Powers, 'files' | 'watchDirectory' | 'clock'>;
  /** The files that the configuration of a spoke is made of, there or not. */
  readonly filesOf: (spoke: string) => readonly string[];
  /** The configuration of this spoke may have changed, and nothing more for a moment. */
  readonly onChange: (spoke: string) => void;
  readonly onError: (error: unknown) => void;
}

const QUIET_MS = 100;

/** Tells when a file of which a spoke's configuration is made may have changed. */
export class ConfigWatch {
  readonly #input: ConfigWatchInput;
  readonly #watched = new Map<string, Promise<() => void>>();
  readonly #waiting = new Map<string, Timer>();

  constructor(input: ConfigWatchInput) {
    this.#input = input;
  }

  /** Watches for these spokes and no others. */
  follow(spokes: readonly string[]): void {
    const wanted = new Set(spokes);
    for (const name of this.#watched.keys()) if (!wanted.has(name)) this.#leave(name);
    for (const name of spokes) if (!this.#watched.has(name)) this.#watched.set(name, this.#watch(name));
  }

  close(): void {
    for (const name of [...this.#watched.keys()]) this.#leave(name);
  }

  async #watch(spoke: string): Promise<() => void> {
    const { powers, filesOf, onError } = this.#input;
    const unwatch = await Promise.all(
      filesOf(spoke).map((file) => watchFile(powers, file, () => this.#changed(spoke), onError)),
    );
    return () => {
      for (const end of unwatch) end();
    };
  }

  #leave(spoke: string): void {
    this.#waiting.get(spoke)?.cancel();
    this.#waiting.delete(spoke);
    this.#watched
      .get(spoke)
      ?.then((end) => end())
      .catch(this.#input.onError);
    this.#watched.delete(spoke);
  }

  #changed(spoke: string): void {
    if (!this.#watched.has(spoke)) return;
    this.#waiting.get(spoke)?.cancel();
    this.#waiting.set(
      spoke,
      this.#input.powers.clock.after(QUIET_MS, () => {
        this.#waiting.delete(spoke);
        this.#input.onChange(spoke);
      }),
    );
  }
}
