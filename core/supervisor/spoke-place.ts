import type { SpokeStatus } from '../../schemas/control.ts';
import type { Event } from '../../schemas/wire.ts';
import { isSameVersion, type LoadedManifest } from '../registry/load-manifest.ts';
import { hasFailed, type State } from './lifecycle.ts';
import type { SpokeLife } from './spoke-life.ts';

/** A version of a spoke, and how it is to be run. */
export interface Wanted {
  readonly spoke: LoadedManifest;
  /** Tells one way to run it from another: what runs in another one is to be exchanged. */
  readonly setting: string;
}

export interface SpokePlaceInput {
  /**
   * Makes the life of a version, not started yet. One on trial runs beside another life, and nothing that it does is to
   * be seen before it has taken the place.
   */
  readonly makeLife: (wanted: Wanted, trial: boolean, onState: () => void) => SpokeLife;
  /** This version counts from now on. */
  readonly onTaken: (life: SpokeLife) => void;
  /** This version was tried and does not run; the one before goes on. */
  readonly onKept: (spoke: LoadedManifest, reason: string) => void;
  readonly onChange: () => void;
}

/** A life, and what it was made of. */
interface Placed {
  readonly life: SpokeLife;
  readonly wanted: Wanted;
}

const IS_SETTLED: ReadonlySet<State> = new Set(['stopped', 'ready', 'backoff', 'quarantined']);

/**
 * The place of one spoke: who is in it, and who is to take it. A version that is to take the place of one that is ready
 * is tried beside it first, so that a broken edit ends nothing. Otherwise nobody starts before the last process of
 * everybody who was there is gone, and there are never more than two.
 */
export class SpokePlace {
  readonly #input: SpokePlaceInput;
  #current: Placed | null = null;
  #next: Placed | null = null;
  /** What was asked for last; null where nothing is to run. */
  #wanted: Wanted | null = null;
  /** Why that does not run, though another version does. */
  #kept: string | null = null;
  /** To be started once those who leave are gone. */
  #waiting: SpokeLife | null = null;
  readonly #leaving = new Set<SpokeLife>();

  constructor(input: SpokePlaceInput) {
    this.#input = input;
  }

  get life(): SpokeLife | null {
    return this.#current?.life ?? null;
  }

  /** Nothing runs, and nothing is to. */
  get isEmpty(): boolean {
    return this.#current === null && this.#leaving.size === 0;
  }

  /** It is ready, has failed or was stopped, and nobody is on the way to take its place. */
  get isSettled(): boolean {
    if (this.#current === null) return true;
    return this.#next === null && this.#waiting === null && IS_SETTLED.has(this.#current.life.state);
  }

  /** The version that was asked for and does not run, and why; null where all is as it was asked for. */
  get kept(): { readonly spoke: LoadedManifest; readonly reason: string } | null {
    return this.#kept === null || this.#wanted === null
      ? null
      : { spoke: this.#wanted.spoke, reason: this.#kept };
  }

  status(): SpokeStatus | null {
    return this.#current?.life.status() ?? null;
  }

  /** To the one that counts, and to nobody who is only tried. */
  send(event: Event): void {
    this.#current?.life.send(event);
  }

  /** Has a version run, from scratch where `again` says so. One that was asked for already is let be. */
  want(wanted: Wanted, again: boolean): void {
    const current = this.#current;
    const before = this.#wanted;
    if (before !== null && isSame(before, wanted) && !again) return;
    this.#wanted = wanted;
    this.#kept = null;
    this.#leaveNext();
    if (current === null) {
      this.#exchange(wanted);
      return;
    }
    // What runs is what is asked for again.
    if (isSame(current.wanted, wanted) && !again) {
      this.#wanted = current.wanted;
      this.#input.onChange();
      return;
    }
    // Beside one that is confined in another way it would not be exchanged where it is refused.
    const alike = current.wanted.setting === wanted.setting;
    const there = current.wanted.spoke.directory === wanted.spoke.directory;
    if (alike && there && current.life.state === 'ready') this.#try(wanted);
    else this.#exchange(wanted);
  }

  /** Has nothing run any more. */
  clear(): void {
    this.#wanted = null;
    this.#kept = null;
    this.#waiting = null;
    this.#leaveNext();
    const current = this.#current;
    this.#current = null;
    if (current) this.#leave(current.life);
  }

  /** Ends all that runs here, for good, and keeps telling how it stands. Settles when nothing is left. */
  async stop(): Promise<void> {
    this.#waiting = null;
    this.#leaveNext();
    if (this.#current) {
      this.#wanted = this.#current.wanted;
      this.#leave(this.#current.life);
    }
    await this.gone();
  }

  /** Settles when those who leave are gone. Bounded. */
  async gone(): Promise<void> {
    await Promise.all([...this.#leaving].map((life) => life.stop()));
  }

  #make(wanted: Wanted, trial: boolean): Placed {
    const life = this.#input.makeLife(wanted, trial, () => this.#noticed(life));
    return { life, wanted };
  }

  #exchange(wanted: Wanted): void {
    const old = this.#current;
    this.#current = this.#make(wanted, false);
    if (old) this.#leave(old.life);
    this.#input.onTaken(this.#current.life);
    this.#begin(this.#current.life);
  }

  #try(wanted: Wanted): void {
    this.#next = this.#make(wanted, true);
    this.#begin(this.#next.life);
  }

  #takeNext(next: Placed): void {
    const old = this.#current;
    this.#current = next;
    this.#next = null;
    if (old) this.#leave(old.life);
    this.#input.onTaken(next.life);
  }

  #begin(life: SpokeLife): void {
    this.#waiting = life;
    this.#startWaiting();
  }

  #startWaiting(): void {
    const life = this.#waiting;
    if (life === null || this.#leaving.size > 0) return;
    this.#waiting = null;
    life.start();
  }

  #leave(life: SpokeLife): void {
    if (this.#leaving.has(life)) return;
    this.#leaving.add(life);
    void life.stop().then(() => {
      this.#leaving.delete(life);
      this.#startWaiting();
      this.#input.onChange();
    });
  }

  #leaveNext(): void {
    const next = this.#next;
    this.#next = null;
    if (next === null) return;
    if (this.#waiting === next.life) this.#waiting = null;
    this.#leave(next.life);
  }

  #noticed(life: SpokeLife): void {
    if (life === this.#next?.life) this.#noticedNext(this.#next);
    else if (life === this.#current?.life && hasFailed(life.state)) this.#noticedFailure(this.#current);
    this.#input.onChange();
  }

  #noticedNext(next: Placed): void {
    const { state, reason, spoke } = next.life;
    if (state === 'ready') this.#takeNext(next);
    if (!hasFailed(state)) return;
    this.#kept = reason ?? 'no reason was given';
    this.#leaveNext();
    this.#input.onKept(spoke, this.#kept);
  }

  /** Its code is no more what lies in its directory, so that it is not tried again where there is something newer. */
  #noticedFailure(current: Placed): void {
    if (this.#next) {
      this.#takeNext(this.#next);
      return;
    }
    if (this.#wanted === null || this.#wanted === current.wanted || this.#leaving.has(current.life)) return;
    this.#kept = null;
    this.#exchange(this.#wanted);
  }
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.setting === other.setting && isSameVersion(one.spoke, other.spoke);
}
