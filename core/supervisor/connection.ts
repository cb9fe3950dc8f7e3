import type { Answer, Mediate, Message } from '../../schemas/message.ts';
import type { Subject } from '../../schemas/subject.ts';
import type { Event, Response, Start } from '../../schemas/wire.ts';
import { Channel, type ChannelInput } from '../channel/channel.ts';
import type { Hold, ReplyRoom } from '../channel/reply-room.ts';
import type { Clock } from '../powers.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import type { ConfinedProcess, Exit } from '../sandbox/sandbox.ts';
import { describeEnd } from './describe-end.ts';
import { Handshake, type Step } from './handshake.ts';
import type { LifecycleEvent } from './lifecycle.ts';
import type { Lines } from './lines.ts';
import { outsidePaths } from './outside-paths.ts';
import type { SpokeLog } from './spoke-log.ts';

export interface ConnectionInput {
  readonly spoke: LoadedManifest;
  readonly subject: Subject;
  readonly clock: Clock;
  readonly log: SpokeLog;
  readonly limits: ChannelInput['limits'];
  readonly isHeavy: ChannelInput['isHeavy'];
  readonly isStoring?: (cmd: string) => boolean;
  readonly turns?: ChannelInput['turns'];
  readonly room?: ReplyRoom;
  /** Where whoever has something to say to this spoke finds it. */
  readonly lines?: Lines;
  /** The name of the active environment, or null. */
  readonly environment?: () => string | null;
  /** Of this host; what `Intl` says where it is not known. */
  readonly timeZone?: string | undefined;
  readonly mediate: Mediate;
  /** The rules of the wire were broken. Called before the life of the spoke hears of it; the record is on its way. */
  readonly onBreach: (subject: Subject, what: string) => void;
  /**
   * Measures what runs while no code of the spoke has, sets its limits and watches it; the limits may be set a little
   * later. Settles with what ends the watch, to be called once the process is gone: it tells what of its limits the
   * kernel ended it for, or null.
   */
  readonly guard: (
    running: ConfinedProcess,
    onExcess: (what: string) => void,
  ) => Promise<() => Promise<string | null>>;
}

/** How long a process may go on after its channel is closed. */
const END_MS = 500;

/**
 * A running spoke and the line to it, from the start of its process to its end. Everything that comes on the channel is
 * attributed to the subject here, because of which channel it came on and nothing else.
 */
export class Connection {
  readonly #input: ConnectionInput;
  readonly #process: ConfinedProcess;
  readonly #tell: (event: LifecycleEvent, reason: string | null) => void;
  readonly #channel: Channel;
  readonly #handshake = new Handshake();
  /** The room of each answer that may be large. */
  readonly #holds = new WeakMap<Message, Hold>();
  /** Its paths as everybody else knows them. */
  readonly #outside: (text: string) => string;
  /** Settles once it is guarded; null before its code may run. */
  #guarded: ReturnType<ConnectionInput['guard']> | null = null;
  /** It was asked to end, or is being ended. */
  #leaving = false;
  /** Why it was ended, where nobody has been told yet. */
  #endedFor: string | null = null;
  #hasSpoken = false;
  /** Requests that are being worked on, and when the last one was answered. */
  #working = 0;
  #workedAt = 0;

  /** Takes over what was just started. `tell` hears of everything that happens to it, the end exactly once and last. */
  constructor(
    input: ConnectionInput,
    process: ConfinedProcess,
    tell: (event: LifecycleEvent, reason: string | null) => void,
  ) {
    this.#input = input;
    this.#process = process;
    this.#tell = tell;
    const { spoke, limits, clock, isHeavy, isStoring, turns } = input;
    this.#outside = outsidePaths(process.moduleUrl, spoke) ?? ((text) => text);
    this.#keepOutput();
    process.channel.on('data', () => {
      this.#hasSpoken = true;
    });
    this.#channel = new Channel({
      stream: process.channel,
      limits,
      clock,
      ...(turns ? { turns } : {}),
      isHeavy,
      ...(isStoring ? { isStoring } : {}),
      serve: (message, answer) => this.#serve(message, answer),
      onLeft: (message) => this.#holds.get(message)?.release(),
      onBreach: (what) => this.#breach(what),
      onClose: () => this.#closed(),
    });
    input.lines?.open(input.subject.instance, {
      send: (event) => this.send(event),
      whenRead: () => this.#channel.whenRead(),
    });
    void process.exited.then((exit) => this.#exited(exit));
  }

  get pid(): number | null {
    return this.#process.pid();
  }

  /** Whether it has sent anything since this was last asked. */
  takeSign(): boolean {
    const spoke = this.#hasSpoken;
    this.#hasSpoken = false;
    return spoke;
  }

  get isWorking(): boolean {
    return this.#working > 0;
  }

  /** When the last request was answered, on the monotonic clock; 0 before that. */
  get workedAt(): number {
    return this.#workedAt;
  }

  /** Whether the daemon lets it wait with what it sends. One that does not read its own answers is not held up. */
  get isHeldUp(): boolean {
    const { channel } = this.#process;
    return channel.isPaused() && channel.writableLength <= this.#input.limits.unread;
  }

  send(event: Event): void {
    this.#channel.send(event);
  }

  askToStop(): void {
    this.#leaving = true;
    this.send({ event: 'shutdown' });
  }

  kill(): void {
    this.#leaving = true;
    this.#process.kill();
  }

  #keepOutput(): void {
    const { log, spoke } = this.#input;
    const { stdout, stderr, moduleUrl } = this.#process;
    for (const stream of [stdout, stderr]) stream.on('error', () => {});
    stdout.on('data', (chunk: Buffer) => log.write(chunk));
    // Byte for byte, so that what is no text stays as it is.
    const directory = Buffer.from(spoke.directory).toString('latin1');
    const outside = outsidePaths(moduleUrl, { directory, module: spoke.module });
    stderr.on('data', (chunk: Buffer) =>
      log.write(outside === null ? chunk : Buffer.from(outside(chunk.toString('latin1')), 'latin1')),
    );
  }

  #serve(message: Message, answer: Answer): void {
    const step = this.#handshake.read(message);
    if (step.kind === 'request') this.#work(message, answer);
    else void this.#greet(step, message.id).then(answer);
  }

  /** Of what always runs nobody asks whether it has something to do. */
  #work(message: Message, answer: Answer): void {
    if (this.#input.spoke.manifest.activation === 'always') {
      this.#mediate(message, answer);
      return;
    }
    this.#working += 1;
    this.#mediate(message, (response) => {
      this.#working -= 1;
      this.#workedAt = this.#input.clock.monotonic();
      answer(response);
    });
  }

  async #greet(step: Exclude<Step, { readonly kind: 'request' }>, id: number): Promise<Response> {
    switch (step.kind) {
      case 'hello': {
        this.#guarded = this.#input.guard(this.#process, (what) => this.#tell('overused', what));
        // Once this is settled, what the process has by itself is known, and what the spoke takes can be told from it.
        await this.#guarded;
        const { manifest, function: name } = this.#input.spoke;
        const { moduleUrl: module } = this.#process;
        return {
          id,
          ok: true,
          start: {
            ...{ spoke: manifest.name, version: manifest.version, module, function: name },
            time_zone: this.#input.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
            environment: this.#input.environment?.() ?? null,
          } satisfies Start,
        };
      }
      case 'alive':
        return { id, ok: true };
      case 'ready':
        this.#tell('registered', null);
        return { id, ok: true };
      case 'failed': {
        const error = this.#outside(step.error);
        this.#input.log.note(error);
        this.#tell('refused', error.split('\n')[0] ?? '');
        return { id, ok: true };
      }
      case 'breach':
        this.#channel.close();
        this.#breach(step.what);
        return { id, ok: false, code: 'invalid', error: step.what };
    }
  }

  #mediate(message: Message, answer: Answer): void {
    const { room, subject, isHeavy, mediate } = this.#input;
    if (!room || !isHeavy(message.cmd)) {
      mediate(subject, message, answer);
      return;
    }
    const hold = room.hold(subject.spoke);
    this.#holds.set(message, hold);
    // Not behind what is spread: V8 is slow to make such an object. No subject has room by itself.
    mediate({ takeRoom: hold.take, ...subject }, message, answer);
  }

  #breach(what: string): void {
    this.#input.onBreach(this.#input.subject, what);
    this.#tell('breached', `it broke the rules of the wire: ${what}`);
  }

  /**
   * Without its channel a spoke can do nothing more; a process that closed it does not stay. One that is ending by itself
   * closes it too, and is left to tell how it ended.
   */
  #closed(): void {
    if (this.#leaving) return;
    const ending = this.#input.clock.after(END_MS, () => {
      this.#endedFor = 'it closed its channel, and was ended';
      this.#process.kill();
    });
    void this.#process.exited.then(() => ending.cancel());
  }

  async #exited({ code, signal, excess: known }: Exit): Promise<void> {
    this.#leaving = true;
    await untilRead();
    this.#channel.close();
    this.#input.lines?.close(this.#input.subject.instance);
    const unguard = await this.#guarded?.catch(() => null);
    const excess = known ?? (await unguard?.().catch(() => null)) ?? undefined;
    const how = describeEnd({ code, signal });
    this.#input.log.note(how);
    if (excess !== undefined) this.#tell('overused', excess);
    this.#tell('exited', this.#endedFor ?? how);
  }
}

/** Settles once what a process had sent before it ended was read and had its turn: it may tell why it ended. */
async function untilRead(): Promise<void> {
  for (let turns = 0; turns < 2; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}
