import type { SpokeStatus } from '../../schemas/control.ts';
import type { Event } from '../../schemas/wire.ts';
import type { Timer } from '../powers.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import type { ConfinedProcess, Sandbox } from '../sandbox/sandbox.ts';
import { Connection, type ConnectionInput } from './connection.ts';
import { type Act, type LifecycleEvent, type State, transition } from './lifecycle.ts';

export interface SpokeRunInput extends Omit<ConnectionInput, 'subject'> {
  readonly instance: string;
  readonly sandbox: Sandbox;
  readonly onState: (state: State, reason: string | null) => void;
}

/** How long a spoke may take until it is ready, and how long to stop once it was asked to. */
const START_MS = 10_000;
const STOP_MS = 2_000;

/** One life of one spoke: where it stands, what happens to it, and what is done about that in how much time. */
export class SpokeRun {
  readonly spoke: LoadedManifest;
  readonly #input: SpokeRunInput;
  #state: State = 'stopped';
  #reason: string | null = null;
  #connection: Connection | null = null;
  #timer: Timer | null = null;
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => {};

  constructor(input: SpokeRunInput) {
    this.spoke = input.spoke;
    this.#input = input;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get state(): State {
    return this.#state;
  }

  /** Settles when the process is gone. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  status(): SpokeStatus {
    const { manifest, directory } = this.spoke;
    const alive = this.#state === 'starting' || this.#state === 'ready' || this.#state === 'stopping';
    return {
      name: manifest.name,
      version: manifest.version,
      directory,
      state: this.#state,
      reason: this.#reason,
      level: this.#input.sandbox.level,
      pid: alive ? (this.#connection?.pid ?? null) : null,
    };
  }

  start(): void {
    this.#happen('start', null);
  }

  /** Asks the spoke to stop, ends it if it does not, and settles when the process is gone. Bounded. */
  async stop(): Promise<void> {
    this.#happen('stop', null);
    if (this.#connection) await this.#ended;
  }

  send(event: Event): void {
    this.#connection?.send(event);
  }

  #happen(event: LifecycleEvent, reason: string | null): void {
    const { to, act } = transition(this.#state, event);
    if (to !== this.#state) {
      this.#timer?.cancel();
      this.#timer = null;
      this.#state = to;
      this.#reason = reason;
      this.#input.onState(to, reason);
    }
    this.#acts[act](reason);
  }

  readonly #acts: Readonly<Record<Act, (reason: string | null) => void>> = {
    spawn: () => {
      const late = `it was not ready within ${START_MS / 1000} s`;
      this.#timer = this.#input.clock.after(START_MS, () => this.#happen('timed-out', late));
      this.#connect();
    },
    'ask-to-stop': (reason) => {
      this.#timer = this.#input.clock.after(STOP_MS, () => this.#happen('timed-out', reason));
      this.#connection?.askToStop();
    },
    kill: () => this.#connection?.kill(),
    nothing: () => {},
  };

  #connect(): void {
    const { sandbox, spoke, instance } = this.#input;
    let started: ConfinedProcess;
    try {
      started = sandbox.start({ directory: spoke.directory, module: spoke.module });
    } catch (error) {
      this.#gone(error instanceof Error ? error.message : String(error));
      return;
    }
    const subject = { spoke: spoke.manifest.name, instance, level: sandbox.level };
    this.#connection = new Connection({ ...this.#input, subject }, started, (event, reason) => {
      if (event === 'exited') this.#gone(reason);
      else this.#happen(event, reason);
    });
  }

  /** What was said of the end before it came is the better reason. */
  #gone(reason: string | null): void {
    this.#resolveEnded();
    this.#happen('exited', this.#reason ?? reason);
  }
}
