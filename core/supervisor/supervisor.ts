import type { SpokeStatus } from '../../schemas/control-shown.ts';
import type { Event } from '../../schemas/wire.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import type { Cause } from './cause.ts';
import type { SpokeLife } from './spoke-life.ts';
import { SpokePlace, type SpokePlaceInput } from './spoke-place.ts';

export interface SupervisorInput extends Omit<SpokePlaceInput, 'onChange'> {
  /** How a spoke is to be run at this moment, by its name: where this changes, it is started anew. */
  readonly settingOf: (spoke: string) => string;
}

/** Keeps the spokes running that there are, in the order in which they were found. */
export class Supervisor {
  readonly #input: SupervisorInput;
  /** Also those whose spoke is gone, while something of it still runs. */
  readonly #places = new Map<string, SpokePlace>();
  #order: readonly string[] = [];
  /** Each looks whether what it waits for has come. */
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  constructor(input: SupervisorInput) {
    this.#input = input;
  }

  /**
   * Makes what runs the same as what there is: starts the new, stops what is gone, exchanges what changed and, where it
   * is named in `again`, what did not. Settles when all that had to stop for it has stopped; starting goes on.
   */
  async update(spokes: readonly LoadedManifest[], again: ReadonlySet<string>): Promise<void> {
    if (this.#stopped) return;
    this.#order = spokes.map(({ manifest }) => manifest.name);
    const there = new Set(this.#order);
    for (const [name, place] of this.#places) if (!there.has(name)) place.clear();
    for (const spoke of spokes) {
      const { name } = spoke.manifest;
      this.#placeOf(name).want({ spoke, setting: this.#input.settingOf(name) }, again.has(name));
    }
    await Promise.all([...this.#places.values()].map((place) => place.gone()));
  }

  /** Stops one, which stays so until it is asked for again or is another version. Bounded. */
  async halt(name: string): Promise<void> {
    await this.#places.get(name)?.stop();
  }

  /** Stops all of them. Bounded. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#places.values()].map((place) => place.stop()));
  }

  list(): readonly SpokeStatus[] {
    return this.#order.flatMap((name) => this.#places.get(name)?.status() ?? []);
  }

  /** The life that counts for a name. */
  find(name: string): SpokeLife | undefined {
    return this.#places.get(name)?.life ?? undefined;
  }

  /** The versions that were tried and do not run, beside which the one before goes on. */
  kept(): readonly { readonly spoke: LoadedManifest; readonly reason: string }[] {
    return this.#order.flatMap((name) => this.#places.get(name)?.kept ?? []);
  }

  /**
   * Settles once the spoke is ready, has failed or was stopped and nothing is on the way to take its place, and at once
   * where there is none of this name. Bounded, as a start is.
   */
  settled(name: string): Promise<void> {
    return this.#once(() => this.#places.get(name)?.isSettled !== false);
  }

  /**
   * Settles once that holds for every spoke at the same time: one that has failed and is being tried again, while another
   * one takes long, has not. Bounded, since one that goes on failing is in quarantine soon.
   */
  allSettled(): Promise<void> {
    return this.#once(() => [...this.#places.values()].every((place) => place.isSettled));
  }

  #once(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Starts one that runs on demand, where it does not run. */
  wake(name: string, cause: Cause): void {
    this.#places.get(name)?.wake(cause);
  }

  /** To a spoke that counts; one that runs on demand is started for it where its manifest says so. */
  tell(name: string, event: Event): void {
    this.#places.get(name)?.tell(event);
  }

  /** To every spoke that counts, as `tell` does it. */
  tellAll(event: Event): void {
    for (const place of this.#places.values()) place.tell(event);
  }

  /** To those that run, and starts none. */
  tellRunning(event: Event): void {
    for (const place of this.#places.values()) place.send(event);
  }

  #placeOf(name: string): SpokePlace {
    const known = this.#places.get(name);
    if (known) return known;
    const place = new SpokePlace({ ...this.#input, onChange: () => this.#noticed(name) });
    this.#places.set(name, place);
    return place;
  }

  #noticed(name: string): void {
    if (this.#places.get(name)?.isEmpty) this.#places.delete(name);
    for (const look of [...this.#waiting]) look();
  }
}
