import type { Manifest } from '../../schemas/manifest.ts';
import type { Clock, Timer } from '../powers.ts';

/** How long the first that is ready waits to be told of, where others take longer to start. */
const PATIENCE_MS = 1000;

export interface LoadedNewsInput {
  readonly clock: Pick<Clock, 'after'>;
  /** Settles once no spoke is on its way to be ready, however long that takes. */
  readonly allSettled: () => Promise<void>;
  readonly tell: (loaded: readonly Manifest[]) => void;
}

/**
 * Has the spokes told of those that have become ready: at once where no other is on its way, and else together once none is,
 * or a second later. Of fifty that start at once each would be told fifty times, and each time wake up for it, while the
 * others have yet to start. One that is tried again after a failure is on its way too.
 */
export class LoadedNews {
  readonly #input: LoadedNewsInput;
  #loaded: Manifest[] = [];
  #late: Timer | null = null;
  /** Of those that are gathered while one spoke after the other fails, all wait for the same. */
  #isAwaiting = false;

  constructor(input: LoadedNewsInput) {
    this.#input = input;
  }

  add(loaded: Manifest): void {
    const { clock, allSettled } = this.#input;
    this.#loaded.push(loaded);
    this.#late ??= clock.after(PATIENCE_MS, () => this.#tell());
    if (this.#isAwaiting) return;
    this.#isAwaiting = true;
    void allSettled().then(() => {
      this.#isAwaiting = false;
      this.#tell();
    });
  }

  /** Tells of all that are gathered. */
  #tell(): void {
    this.#late?.cancel();
    this.#late = null;
    const loaded = this.#loaded;
    this.#loaded = [];
    if (loaded.length > 0) this.#input.tell(loaded);
  }
}
