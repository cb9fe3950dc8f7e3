import type { SpokeStatus } from '../../schemas/control.ts';
import type { Event, Response } from '../../schemas/wire.ts';
import { Channel, type ChannelInput } from '../channel/channel.ts';
import type { Message } from '../channel/message.ts';
import type { Clock, Timer } from '../powers.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import type { ConfinedProcess, Sandbox } from '../sandbox/sandbox.ts';
import { readGreeting, startReply } from './handshake.ts';
import { type LifecycleEvent, type State, transition } from './lifecycle.ts';
import type { SpokeLog } from './spoke-log.ts';

export interface RunSubject {
  readonly spoke: string;
  readonly instance: string;
  readonly level: string;
}

export interface SpokeRunInput {
  readonly spoke: LoadedManifest;
  readonly instance: string;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly log: SpokeLog;
  readonly limits: ChannelInput['limits'];
  readonly isHeavy: ChannelInput['isHeavy'];
  readonly mediate: (subject: RunSubject, message: Message) => Promise<Response>;
  /** The rules of the wire were broken; settles when that is on record. */
  readonly onBreach: (subject: RunSubject, what: string) => void;
  /**
   * Sets the limits of a process in which no code of the spoke has run yet, and watches it. Settles with what ends that.
   */
  readonly guard: (pid: number, onExcess: (what: string) => void) => Promise<() => void>;
  readonly onState: (state: State, reason: string | null) => void;
}

/** How long a spoke may take until it is ready, and how long to stop once it was asked to. */
const START_MS = 10_000;
const STOP_MS = 2_000;
/** How long a process may go on after its channel is closed. */
const END_MS = 500;

/**
 * One run of one spoke, from the start of its process to its end. Everything that comes on its channel is attributed to
 * it here, because of which channel it came on and nothing else.
 */
export class SpokeRun {
  readonly spoke: LoadedManifest;
  readonly #input: SpokeRunInput;
  readonly #subject: RunSubject;
  #state: State = 'stopped';
  #reason: string | null = null;
  #process: ConfinedProcess | null = null;
  #channel: Channel | null = null;
  #greeted = false;
  /** Why it was ended, where that is no breach and no request. */
  #endedFor: string | null = null;
  #timer: Timer | null = null;
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => {};

  constructor(input: SpokeRunInput) {
    this.spoke = input.spoke;
    this.#input = input;
    this.#subject = {
      spoke: input.spoke.manifest.name,
      instance: input.instance,
      level: input.sandbox.level,
    };
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
      level: this.#subject.level,
      pid: alive ? (this.#process?.pid() ?? null) : null,
    };
  }

  start(): void {
    this.#happen('start', null);
  }

  /** Asks the spoke to stop, ends it if it does not, and settles when the process is gone. Bounded. */
  async stop(): Promise<void> {
    this.#happen('stop', null);
    if (this.#process) await this.#ended;
  }

  send(event: Event): void {
    this.#channel?.send(event);
  }

  #happen(event: LifecycleEvent, reason: string | null): void {
    const { to, act } = transition(this.#state, event);
    const changed = to !== this.#state;
    if (changed) {
      this.#timer?.cancel();
      this.#timer = null;
      this.#state = to;
      this.#reason = reason;
      this.#input.onState(to, reason);
    }
    switch (act) {
      case 'spawn':
        this.#timer = this.#input.clock.after(START_MS, () =>
          this.#happen('timed-out', `it was not ready within ${START_MS / 1000} s`),
        );
        this.#spawn();
        break;
      case 'ask-to-stop':
        this.#timer = this.#input.clock.after(STOP_MS, () => this.#happen('timed-out', reason));
        this.send({ event: 'shutdown' });
        break;
      case 'kill':
        this.#process?.kill();
        break;
      case 'nothing':
        break;
    }
  }

  #spawn(): void {
    const { sandbox, spoke, log, clock, limits, isHeavy } = this.#input;
    let started: ConfinedProcess;
    try {
      started = sandbox.start({ directory: spoke.directory, module: spoke.module });
    } catch (error) {
      this.#resolveEnded();
      this.#happen('exited', error instanceof Error ? error.message : String(error));
      return;
    }
    this.#process = started;
    for (const stream of [started.stdout, started.stderr]) stream.on('error', () => {});
    started.stdout.on('data', (chunk: Buffer) => log.write(chunk));
    started.stderr.on('data', (chunk: Buffer) => log.write(chunk));
    this.#channel = new Channel({
      stream: started.channel,
      limits,
      clock,
      isHeavy,
      serve: (message) => this.#serve(message),
      onBreach: (what) => this.#breach(what),
      onClose: () => {
        // Without its channel a spoke can do nothing more; a process that closed it does not stay. One that is ending by
        // itself closes it too, and is left to tell how it ended.
        if (this.#state !== 'starting' && this.#state !== 'ready') return;
        const ending = clock.after(END_MS, () => {
          this.#endedFor = 'it closed its channel, and was ended';
          this.#process?.kill();
        });
        void this.#ended.then(() => ending.cancel());
      },
    });
    void started.exited.then(({ code, signal }) => {
      this.#channel?.close();
      const how = signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
      log.note(how);
      this.#resolveEnded();
      this.#happen('exited', this.#reason ?? this.#endedFor ?? how);
    });
  }

  /** Settles once what the process has by itself is known, so that what the spoke takes can be told from it. */
  async #guard(): Promise<void> {
    const pid = this.#process?.pid() ?? null;
    if (pid === null) return;
    const unwatch = await this.#input.guard(pid, (what) => this.#happen('overused', what));
    void this.#ended.then(unwatch);
  }

  #breach(what: string): void {
    this.#input.onBreach(this.#subject, what);
    this.#happen('breached', `it broke the rules of the wire: ${what}`);
  }

  async #serve(message: Message): Promise<Response> {
    const greeting = readGreeting(message);
    if (greeting === null) {
      if (this.#greeted) return this.#input.mediate(this.#subject, message);
      return this.#refuse(message, 'a request came before hello');
    }
    switch (greeting.kind) {
      case 'hello': {
        if (this.#greeted) return this.#refuse(message, 'hello came twice');
        this.#greeted = true;
        await this.#guard();
        const { manifest } = this.spoke;
        const module = this.#process?.moduleUrl ?? '';
        return startReply(message.id, {
          spoke: manifest.name,
          version: manifest.version,
          module,
          function: this.spoke.function,
        });
      }
      case 'ready':
        if (!this.#greeted) return this.#refuse(message, 'ready came before hello');
        if (this.#state === 'ready') return this.#refuse(message, 'ready came twice');
        this.#happen('registered', null);
        return { id: message.id, ok: true };
      case 'failed':
        if (!this.#greeted) return this.#refuse(message, 'failed came before hello');
        if (this.#state === 'ready') return this.#refuse(message, 'failed came after ready');
        this.#input.log.note(greeting.error);
        this.#happen('refused', greeting.error.split('\n')[0] ?? '');
        return { id: message.id, ok: true };
      case 'malformed':
        return this.#refuse(message, `${message.cmd} does not have the documented shape`);
    }
  }

  #refuse(message: Message, what: string): Response {
    this.#channel?.close();
    this.#breach(what);
    return { id: message.id, ok: false, code: 'invalid', error: what };
  }
}
