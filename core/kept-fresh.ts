import type { Clock } from './powers.ts';

/**
 * The answer to a look at something that anybody may change at any time. `get` gives one whose look began less than
 * `maxAgeMs` ago. When half of that is over the next look is begun, so that who asks again and again never waits for one.
 * One look at a time: a mount that hangs holds no more than one.
 */
export class KeptFresh<T> {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #maxAgeMs: number;
  readonly #look: () => Promise<T>;
  #known: { readonly value: T; readonly at: number } | null = null;
  #looking: Promise<T> | null = null;

  constructor(clock: Pick<Clock, 'monotonic'>, maxAgeMs: number, look: () => Promise<T>) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#look = look;
  }

  /** The answer itself where it is known: who has it need not wait for a turn of the microtasks. */
  get(): T | Promise<T> {
    const age = this.#known === null ? Number.POSITIVE_INFINITY : this.#clock.monotonic() - this.#known.at;
    const looking = this.#looking ?? (age * 2 >= this.#maxAgeMs ? this.#begin() : null);
    return this.#known !== null && age < this.#maxAgeMs ? this.#known.value : (looking as Promise<T>);
  }

  #begin(): Promise<T> {
    const at = this.#clock.monotonic();
    const looking = this.#look();
    this.#looking = looking;
    looking.then(
      (value) => {
        this.#known = { value, at };
        this.#looking = null;
      },
      () => {
        this.#looking = null;
      },
    );
    return looking;
  }
}
