import type { SpokeStatus } from '../../schemas/control-shown.ts';
import type { Event } from '../../schemas/wire.ts';
import { isSameVersion, type LoadedManifest } from '../registry/load-manifest.ts';
import { type Cause, causeIn } from './cause.ts';
import { KeptEvents } from './kept-events.ts';
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

const IS_SETTLED: ReadonlySet<State> = new Set(['stopped', 'idle', 'ready', 'backoff', 'quarantined']);

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
  /** To be started once those who leave are gone; `now` also where it runs on demand. */
  #waiting: { readonly life: SpokeLife; readonly now: boolean } | null = null;
  /** What asks for one that is not started yet, and what it is to be told once it is ready. */
  #cause: Cause | null = null;
  readonly #events = new KeptEvents();
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

  /** To the one that counts where it runs, and to nobody who is only tried. */
  send(event: Event): void {
    this.#current?.life.send(event);
  }

  /**
   * The same, and starts one that runs on demand where its manifest names this: it is told once it is ready, and of what
   * came meanwhile in the order in which it came.
   */
  tell(event: Event): void {
    const current = this.#current;
    const cause = current && causeIn(current.wanted.spoke.manifest, event);
    if (!current || !cause || current.life.state === 'ready') this.send(event);
    else if (this.wake(cause)) this.#events.add(event);
  }

  /** Starts one that runs on demand. False where it does not: it was stopped by hand, or is not tried any more. */
  wake(cause: Cause): boolean {
    const life = this.#current?.life;
    if (!life || life.spoke.manifest.activation === 'always') return false;
    if (this.#waiting?.life === life) this.#cause ??= cause;
    else if (IS_GIVEN_UP.has(life.state)) return false;
    else life.wake(cause);
    return true;
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
      this.#exchange(wanted, again);
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
    else this.#exchange(wanted, again);
  }

  /** Has nothing run any more. */
  clear(): void {
    this.#wanted = null;
    this.#kept = null;
    this.#forgetWaiting();
    this.#leaveNext();
    const current = this.#current;
    this.#current = null;
    if (current) this.#leave(current.life);
  }

  /** Ends all that runs here, for good, and keeps telling how it stands. Settles when nothing is left. */
  async stop(): Promise<void> {
    this.#forgetWaiting();
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

  #exchange(wanted: Wanted, now: boolean): void {
    const old = this.#current;
    this.#current = this.#make(wanted, false);
    // Before the old one leaves: what is told of that can be what asks for the new one.
    this.#waiting = { life: this.#current.life, now };
    if (old) this.#leave(old.life);
    this.#input.onTaken(this.#current.life);
    this.#startWaiting();
  }

  #try(wanted: Wanted): void {
    this.#next = this.#make(wanted, true);
    // What runs on demand is tried too: beside the other one there is no better moment to find out.
    this.#waiting = { life: this.#next.life, now: true };
    this.#startWaiting();
  }

  #takeNext(next: Placed): void {
    const old = this.#current;
    this.#current = next;
    this.#next = null;
    if (old) this.#leave(old.life);
    this.#input.onTaken(next.life);
  }

  #startWaiting(): void {
    const waiting = this.#waiting;
    if (waiting === null || this.#leaving.size > 0) return;
    this.#waiting = null;
    const { life, now } = waiting;
    const { manifest } = life.spoke;
    // What asked for the one before it asks for this one, where it says so too.
    const cause = this.#cause ?? this.#events.causeIn(manifest);
    this.#cause = null;
    if (now || manifest.activation === 'always') {
      life.start();
      return;
    }
    life.standBy();
    if (cause === null) this.#events.clear();
    else life.wake(cause);
  }

  #forgetWaiting(): void {
    this.#waiting = null;
    this.#cause = null;
    this.#events.clear();
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
    if (this.#waiting?.life === next.life) this.#waiting = null;
    this.#leave(next.life);
  }

  #noticed(life: SpokeLife): void {
    if (life === this.#next?.life) this.#noticedNext(this.#next);
    else if (life === this.#current?.life) {
      if (hasFailed(life.state) || life.state === 'retiring') this.#noticedEnd(this.#current);
    }
    const current = this.#current?.life;
    if (current?.state === 'ready') for (const event of this.#events.take()) current.send(event);
    if (current && current !== this.#waiting?.life && IS_GIVEN_UP.has(current.state)) this.#events.clear();
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
  #noticedEnd(current: Placed): void {
    if (this.#next) {
      this.#takeNext(this.#next);
      return;
    }
    if (this.#wanted === null || this.#wanted === current.wanted || this.#leaving.has(current.life)) return;
    this.#kept = null;
    this.#exchange(this.#wanted, false);
  }
}

/** Nothing but a person starts it from here. */
const IS_GIVEN_UP: ReadonlySet<State> = new Set(['stopped', 'stopping', 'condemned', 'quarantined']);

function isSame(one: Wanted, other: Wanted): boolean {
  return one.setting === other.setting && isSameVersion(one.spoke, other.spoke);
}
