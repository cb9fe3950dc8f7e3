import type { SpokeStatus } from '../../schemas/control-shown.ts';
import type { Subject } from '../../schemas/subject.ts';
import type { Event } from '../../schemas/wire.ts';
import type { Timer } from '../powers.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import type { ConfinedProcess } from '../sandbox/sandbox.ts';
import { countFailure, MAX_FAILURES, retryDelay } from './backoff.ts';
import type { Cause } from './cause.ts';
import { Connection, type ConnectionInput } from './connection.ts';
import { watchBeat } from './heartbeat.ts';
import { type Act, hasFailed, type LifecycleEvent, type State, transition } from './lifecycle.ts';
import type { Pulse } from './pulse.ts';
import { watchRest } from './rest.ts';
import { type StartDeadline, watchStart } from './start-deadline.ts';
import { type ProcessSource, startProcess } from './start-process.ts';
import { WakeRow } from './wake-row.ts';

export interface SpokeLifeInput
  extends Omit<ConnectionInput, 'subject'>,
    ProcessSource,
    Pick<StartDeadline, 'findLine'> {
  /** A name for each process, by which the records tell it from the others. */
  readonly nextInstance: () => string;
  /** The one of all lives. */
  readonly pulse: Pulse;
  /** Calls back, once, when a process may be made: at once or a little later. */
  readonly inTurn: (make: () => void) => void;
  /** From 0 to below 1. */
  readonly chance: () => number;
  /** Whether a process has something under way that its requests do not show, such as the command of a person. */
  readonly isOccupied?: (instance: string) => boolean;
  /** Called after each change, in the order of the changes. */
  readonly onState: (change: StateChange) => void;
}

export interface StateChange {
  readonly from: State;
  readonly to: State;
  readonly reason: string | null;
  /** The process that this is about, or the one that is to come. */
  readonly subject: Subject;
  /** What it is started for, where something asked for it. */
  readonly cause: Cause | null;
}

const SHOWN_ALIVE: ReadonlySet<State> = new Set(['starting', 'ready', 'stopping', 'retiring', 'recalled']);

/** How long a spoke may take to stop once it was asked to. */
const STOP_MS = 2_000;

/**
 * The life of one version of one spoke, over as many processes as it takes: where it stands, what happens to it, and
 * what is done about that in how much time. There is never more than one process, and none after `stop` has settled.
 */
export class SpokeLife {
  readonly spoke: LoadedManifest;
  readonly #input: SpokeLifeInput;
  #state: State = 'stopped';
  #reason: string | null = null;
  #subject: Subject;
  #connection: Connection | null = null;
  #isWarm = false;
  #timer: Timer | null = null;
  /** Waits for a process to have had nothing to do. */
  #rest: Timer | null = null;
  /** What asked for the next process. */
  #cause: Cause | null = null;
  /** What asked for one that is not to be started yet, and how long it waits from when nothing runs. */
  #later: { readonly cause: Cause; readonly ms: number } | null = null;
  readonly #wakes = new WakeRow();
  /** When the last process was gone, on the monotonic clock. */
  #endedAt = Number.NEGATIVE_INFINITY;
  /** When the daemon told it something last. */
  #toldAt = 0;
  /** Failures in a row, and since when it has been ready. */
  #failures = 0;
  #readySince: number | null = null;
  /** What happened while something else was being dealt with. */
  readonly #happened: (readonly [LifecycleEvent, string | null])[] = [];
  #isDealing = false;
  #whenStopped: (() => void)[] = [];

  constructor(input: SpokeLifeInput) {
    this.spoke = input.spoke;
    this.#input = input;
    // Nothing runs under it: each process gets one of its own.
    this.#subject = { spoke: input.spoke.manifest.name, instance: '', level: input.sandbox.level };
  }

  get state(): State {
    return this.#state;
  }

  get reason(): string | null {
    return this.#reason;
  }

  /** The name of the process that runs, or of the last one. */
  get instance(): string {
    return this.#subject.instance;
  }

  /** Whether the process that runs, or the last one, was started ahead. */
  get isWarm(): boolean {
    return this.#isWarm;
  }

  status(): SpokeStatus {
    const { manifest, directory } = this.spoke;
    return {
      name: manifest.name,
      version: manifest.version,
      directory,
      state: this.#state,
      reason: this.#reason,
      level: this.#input.sandbox.level,
      pid: SHOWN_ALIVE.has(this.#state) ? (this.#connection?.pid ?? null) : null,
    };
  }

  /** Starts it, whatever it has come to before: from backoff at once, and out of quarantine. */
  start(): void {
    this.#happen('start', null);
  }

  /**
   * Has it run on demand: nothing is started before `wake`. One that could not be started anyway is tried at once, so that
   * its user is told now and not when they need it.
   */
  standBy(): void {
    this.#happen(this.#input.isRefused ? 'start' : 'stand-by', null);
  }

  /**
   * Starts one that is idle, and one that is on its way there once its process is gone; a little later where events have
   * done that again and again. Changes nothing otherwise.
   */
  wake(cause: Cause): void {
    if (this.#state !== 'idle' && this.#state !== 'retiring') return;
    if (this.#later !== null && cause.why === 'event') return;
    const { clock, chance } = this.#input;
    const sinceEnd = this.#state === 'retiring' ? 0 : clock.monotonic() - this.#endedAt;
    const ms = this.#wakes.waitFor(cause, sinceEnd, chance());
    if (ms > 0) {
      this.#later = { cause, ms };
      if (this.#state === 'idle') this.#wakeLater();
      return;
    }
    this.#cause = cause;
    this.#happen('wake', null);
  }

  /** Asks the spoke to stop, ends it if it does not, and settles when no process of it is left. Bounded. */
  stop(): Promise<void> {
    this.#happen('stop', null);
    if (this.#state === 'stopped' && this.#happened.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenStopped.push(resolve));
  }

  send(event: Event): void {
    if (this.#state !== 'starting' && this.#state !== 'ready') return;
    this.#toldAt = this.#input.clock.monotonic();
    this.#connection?.send(event);
  }

  /** One after the other: what is told of one thing can be the cause of the next. */
  #happen(event: LifecycleEvent, reason: string | null): void {
    this.#happened.push([event, reason]);
    if (this.#isDealing) return;
    this.#isDealing = true;
    try {
      for (let next = this.#happened.shift(); next; next = this.#happened.shift()) this.#deal(...next);
    } finally {
      this.#isDealing = false;
    }
  }

  #deal(event: LifecycleEvent, reason: string | null): void {
    const from = this.#state;
    const { to, act } = transition(from, event);
    if (to !== from) {
      this.#timer?.cancel();
      this.#timer = null;
      this.#rest?.cancel();
      this.#rest = null;
      this.#state = to;
      this.#reason = reason;
      const cause = to === 'starting' ? this.#cause : null;
      if (to !== 'recalled') this.#cause = null;
      if (to === 'idle') this.#wakeLater();
      else this.#later = null;
      if (to === 'starting') this.#subject = { ...this.#subject, instance: this.#input.nextInstance() };
      this.#input.onState({ from, to, reason, subject: this.#subject, cause });
    }
    this.#acts[act](reason);
    if (to === 'stopped') for (const resolve of this.#whenStopped.splice(0)) resolve();
  }

  readonly #acts: Readonly<Record<Act, (reason: string | null) => void>> = {
    spawn: () => {
      this.#readySince = null;
      this.#isWarm = false;
      const { instance } = this;
      const isWanted = () => this.#state === 'starting' && this.instance === instance;
      this.#input.inTurn(() => (isWanted() ? this.#start(isWanted) : this.#gone(null)));
    },
    watch: () => {
      const { clock, pulse } = this.#input;
      this.#readySince = clock.monotonic();
      const line = this.#connection;
      this.#timer = line && watchBeat(pulse, line, (reason) => this.#happen('silent', reason));
      if (this.spoke.manifest.activation === 'on-demand') this.#watchRest();
    },
    'ask-to-stop': (reason) => {
      this.#acts['await-end'](reason);
      this.#connection?.askToStop();
    },
    'await-end': (reason) => this.#after(STOP_MS, () => this.#happen('timed-out', reason)),
    kill: () => this.#connection?.kill(),
    wait: () =>
      this.#after(retryDelay(this.#failures, this.#input.chance()), () => this.#happen('retry', null)),
    nothing: () => {},
  };

  #after(ms: number, call: () => void): void {
    this.#timer = this.#input.clock.after(ms, call);
  }

  /** Starts it after all, unless something else comes first. */
  #wakeLater(): void {
    const later = this.#later;
    if (later === null) return;
    this.#after(later.ms, () => {
      this.#cause = later.cause;
      this.#happen('wake', null);
    });
  }

  #watchRest(): void {
    const { clock, isOccupied } = this.#input;
    const { idle } = this.spoke.manifest;
    const rest = {
      clock,
      idle,
      isBusy: () => this.#connection?.isWorking || isOccupied?.(this.instance) || false,
      lastBusy: () => Math.max(this.#connection?.workedAt ?? 0, this.#toldAt),
    };
    this.#rest = watchRest(rest, () => this.#happen('unused', `it had nothing to do for ${idle / 1000} s`));
  }

  /** Whoever stops or ends it meanwhile ends what has no process yet. */
  #start(isWanted: () => boolean): void {
    // Counted from here: how many others were to be started before it is nothing that it can help.
    this.#timer = watchStart(this.#input, (reason) => this.#happen('timed-out', reason));
    startProcess(this.#input, {
      isWanted,
      onStarted: (started, isWarm) => this.#connect(started, isWarm),
      onRefused: (reason) => this.#happen('unstartable', reason),
      onNone: (reason) => this.#gone(reason),
    });
  }

  #connect(started: ConfinedProcess, isWarm: boolean): void {
    this.#isWarm = isWarm;
    this.#connection = new Connection(
      { ...this.#input, subject: this.#subject },
      started,
      (event, reason) => {
        if (event === 'exited') this.#gone(reason);
        else this.#happen(event, reason);
      },
    );
  }

  /** No process is left. What was said of its end before it came is the better reason. */
  #gone(how: string | null): void {
    this.#connection = null;
    this.#endedAt = this.#input.clock.monotonic();
    if (this.#state === 'stopping') {
      this.#happen('exited', how);
      return;
    }
    if (this.#state === 'retiring' || this.#state === 'recalled') {
      // It has done what it was started for.
      this.#failures = 0;
      this.#happen('exited', null);
      return;
    }
    const cause = (hasFailed(this.#state) ? this.#reason : null) ?? how;
    const readyMs = this.#readySince === null ? null : this.#input.clock.monotonic() - this.#readySince;
    this.#failures = countFailure(this.#failures, readyMs);
    const isLast = this.#failures >= MAX_FAILURES && this.#state !== 'condemned';
    if (isLast)
      this.#happen('exhausted', `it failed ${this.#failures} times in a row, the last time: ${cause}`);
    else this.#happen('exited', cause);
  }
}
