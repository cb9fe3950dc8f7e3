import type { Manifest } from '../../schemas/manifest.ts';
import type { Clock, Timer } from '../powers.ts';

/** How long the first that is ready waits to be told of, where others take longer to start. */
const PATIENCE_MS = 1000;

export interface LoadedNewsInput {
  readonly clock: Pick<Clock, 'after'>;
  /** Settles once no spoke is on its way to be ready. */
  readonly allSettled: () => Promise<void>;
  readonly tell: (loaded: readonly Manifest[]) => void;
}

/**
 * Has the spokes told of those that have become ready: at once where no other is starting, and else together once these are
 * ready too, or a second later. Of fifty that start at once each would be told fifty times, and each time wake up for it,
 * while the others have yet to start.
 */
export class LoadedNews {
  readonly #input: LoadedNewsInput;
  #loaded: Manifest[] = [];
  #late: Timer | null = null;

  constructor(input: LoadedNewsInput) {
    this.#input = input;
  }

  add(loaded: Manifest): void {
    this.#loaded.push(loaded);
    if (this.#loaded.length > 1) return;
    const gathered = this.#loaded;
    this.#late = this.#input.clock.after(PATIENCE_MS, () => this.#tell(gathered));
    void this.#input.allSettled().then(() => this.#tell(gathered));
  }

  /** What was told when its time had come is not told again. */
  #tell(gathered: readonly Manifest[]): void {
    if (gathered !== this.#loaded) return;
    this.#loaded = [];
    this.#late?.cancel();
    this.#input.tell(gathered);
  }
}
