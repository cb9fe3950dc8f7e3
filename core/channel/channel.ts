import type { Duplex } from 'node:stream';
import type { WorkPlace } from '../../schemas/message.ts';
import type { Event, Failure, Response } from '../../schemas/wire.ts';
import type { Clock } from '../powers.ts';
import { hasMoreValues } from './count-values.ts';
import { ChannelFault } from './fault.ts';
import { encodeAnswer, encodeLine, LineSplitter } from './framing.ts';
import { type ChannelLimits, TokenBucket } from './limits.ts';
import { type Message, readMessage } from './message.ts';
import { Slots } from './slots.ts';
import { Turns } from './turns.ts';

export interface ChannelInput {
  /** Where it can tell of a breach itself, it is destroyed with a ChannelFault. */
  readonly stream: Duplex;
  readonly limits: ChannelLimits;
  readonly clock: Clock;
  /** Shared with the other channels, so that it settles whose request is next. One alone needs none. */
  readonly turns?: Turns;
  /** Commands that hold a file or a large reply while they are worked on. */
  readonly isHeavy: (cmd: string) => boolean;
  /** Of the heavy ones those that wait for the disk itself: they keep one another waiting, and none that only reads. */
  readonly isStoring?: (cmd: string) => boolean;
  /** Answers one request. Never rejects. Whoever made the channel knows whose it is; the message does not say. */
  readonly serve: (message: Message) => Promise<Response>;
  /** The reply to a heavy command has left, or never will. */
  readonly onLeft?: (message: Message) => void;
  /** The rules of the wire were broken: the channel is closed already, the spoke is to be ended. */
  readonly onBreach: (what: string) => void;
  readonly onClose: () => void;
}

/** Characters from which on a text is sent as bytes. */
const LONG = 65_536;

/**
 * The line to one spoke. It takes no more than the limits let it, by not reading; what it holds for one spoke is
 * bounded whatever the spoke sends or leaves unread.
 */
export class Channel {
  readonly #input: ChannelInput;
  readonly #splitter: LineSplitter;
  readonly #bucket: TokenBucket;
  /** Of heavy requests, by what they keep waiting. */
  readonly #slots: Readonly<Record<'reading' | 'storing', Slots>>;
  readonly #turns: Turns;
  #lines: readonly string[] = [];
  #next = 0;
  /** What is wrong with what came after these lines, and ends the channel once they are taken. */
  #fault: string | null = null;
  #inFlight = 0;
  #open = true;
  #throttled = false;
  /** What this tick sends: text, and what is bytes already. */
  #outgoing: (string | Uint8Array)[] = [];
  #outgoingLength = 0;
  #flushed: (() => void)[] = [];
  /** What was written and has not left: a stream that is destroyed need not tell of it. */
  readonly #leaving = new Set<() => void>();
  #whenRead: (() => void)[] = [];

  constructor(input: ChannelInput) {
    this.#input = input;
    this.#splitter = new LineSplitter(input.limits.maxLine);
    this.#bucket = new TokenBucket(input.limits, input.clock.monotonic());
    const { heavyInFlight } = input.limits;
    this.#slots = { reading: new Slots(heavyInFlight), storing: new Slots(heavyInFlight) };
    this.#places = {
      light: this.#place(null),
      reading: this.#place(this.#slots.reading),
      storing: this.#place(this.#slots.storing),
    };
    this.#turns = input.turns ?? new Turns();
    const { stream } = input;
    stream.on('data', (bytes: Buffer) => this.#receive(bytes));
    stream.on('drain', () => {
      for (const resolve of this.#whenRead.splice(0)) resolve();
      this.#pump();
    });
    // A spoke that goes away while it is written to is no error of ours; 'close' follows.
    stream.on('error', (error) => {
      if (error instanceof ChannelFault) this.#breach(error.message);
    });
    stream.on('close', () => this.#closed());
    stream.on('end', () => this.#ended());
  }

  /** Sends a line that was not asked for. */
  send(event: Event): void {
    this.#write(encodeLine(event));
  }

  /** Settles once little enough is left to be read that more may follow, and at the end of the channel. */
  whenRead(): Promise<void> {
    if (!this.#open || this.#unread() <= this.#input.limits.unread) return Promise.resolve();
    return new Promise((resolve) => this.#whenRead.push(resolve));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lines = [];
    this.#input.stream.destroy();
  }

  /** Nothing more comes. What came before, such as why a spoke has failed, need not wait for its turn. */
  #ended(): void {
    while (this.#takeOne() > 0);
    this.close();
  }

  #closed(): void {
    this.#open = false;
    this.#lines = [];
    const waiting = [...this.#leaving, ...this.#flushed.splice(0), ...this.#whenRead.splice(0)];
    for (const resolve of waiting) resolve();
    this.#input.onClose();
  }

  #receive(bytes: Buffer): void {
    if (!this.#open) return;
    // What came before has not had its turn yet: no more is read until it has.
    if (this.#lines.length > 0) this.#input.stream.pause();
    const { lines, fault } = this.#splitter.push(bytes);
    // Not as arguments of a call: a piece can hold more lines than a call takes.
    this.#lines = this.#lines.length === 0 ? lines : this.#lines.concat(lines);
    this.#fault ??= fault;
    if (this.#lines.length > 0 || fault !== null) this.#pump();
  }

  #breach(what: string): void {
    if (!this.#open) return;
    this.close();
    this.#input.onBreach(what);
  }

  /** Has the lines taken that the limits let it take, one in each of its turns. */
  #pump(): void {
    if (this.#open) this.#turns.join(this.#takeOne);
  }

  readonly #takeOne = (): number => {
    const line = this.#open ? this.#lines[this.#next] : undefined;
    if (line === undefined || !this.#mayTakeOne()) {
      this.#rest();
      return 0;
    }
    this.#next += 1;
    return line.length <= this.#input.limits.shortLine ? this.#take(line) : this.#takeLong(line);
  };

  /** What it weighs is told by its length alone: a clock would charge a spoke for what else the machine does. */
  #take(line: string): number {
    const message = readMessage(line);
    if (message === null) this.#breach('a line is not a message');
    else this.#answer(message);
    return 1;
  }

  /** What is dear to read is known for that only afterwards; what is large holds memory that is free again only in time. */
  #takeLong(line: string): number {
    const { clock, limits } = this.#input;
    const began = clock.monotonic();
    // A shorter line has no room for more.
    if (line.length > 2 * limits.maxValues && hasMoreValues(line, limits.maxValues))
      this.#breach('too many values in a line');
    else this.#take(line);
    const more =
      Math.floor((clock.monotonic() - began) / limits.msEach) + Math.floor(line.length / limits.bytesEach);
    this.#bucket.spend(more);
    return 1 + more;
  }

  /** No line may be taken now: ends the channel where a fault came behind them, else reads on or stops reading. */
  #rest(): void {
    const { stream, limits } = this.#input;
    if (this.#next === this.#lines.length) {
      this.#lines = [];
      this.#next = 0;
    }
    if (this.#fault !== null) this.#breach(this.#fault);
    if (!this.#open) return;
    if (this.#lines.length > 0 || this.#unread() > limits.unread) stream.pause();
    else stream.resume();
  }

  #mayTakeOne(): boolean {
    const { limits, clock } = this.#input;
    if (this.#inFlight >= limits.inFlight || this.#unread() > limits.unread || this.#throttled) return false;
    if (this.#bucket.take(clock.monotonic())) return true;
    this.#throttled = true;
    clock.after(this.#bucket.wait, () => {
      this.#throttled = false;
      this.#pump();
    });
    return false;
  }

  /** How a request that waits for a person gives up its slot: many that wait keep no other from being taken. */
  readonly #places: Readonly<Record<'light' | 'reading' | 'storing', WorkPlace>>;

  #place(slots: Slots | null): WorkPlace {
    return {
      leave: () => {
        this.#inFlight -= 1;
        slots?.free();
        this.#pump();
      },
      takeAgain: async () => {
        this.#inFlight += 1;
        await slots?.take();
      },
    };
  }

  #answer({ id, cmd, body }: Message): void {
    this.#inFlight += 1;
    if (this.#input.isHeavy(cmd)) {
      const kind = this.#input.isStoring?.(cmd) ? 'storing' : 'reading';
      void this.#answerHeavy({ id, cmd, body, place: this.#places[kind] }, this.#slots[kind]);
      return;
    }
    const message: Message = { id, cmd, body, place: this.#places.light };
    void this.#input.serve(message).then((response) => {
      this.#reply(response);
      this.#over();
    });
  }

  async #answerHeavy(message: Message, slots: Slots): Promise<void> {
    await slots.take();
    // Its turn came after the end: nothing more is begun for it.
    if (!this.#open) {
      slots.free();
      return;
    }
    this.#reply(await this.#input.serve(message));
    // A slot is free again when the reply has left, so that replies nobody reads cannot pile up.
    await this.#left();
    this.#input.onLeft?.(message);
    slots.free();
    this.#over();
  }

  #reply(response: Response): void {
    let length = 0;
    for (const part of this.#encode(response)) {
      length += part.length;
      this.#write(part);
    }
    this.#bucket.spend(Math.floor(length / this.#input.limits.bytesEach));
  }

  /** A request is answered: another one may be taken, where one waits. */
  #over(): void {
    this.#inFlight -= 1;
    if (this.#lines.length > 0 || this.#input.stream.isPaused()) this.#pump();
  }

  /** The parts of an answer, to be written one after the other with nothing between them. */
  #encode(response: Response): readonly (string | Uint8Array)[] {
    const [line, follows] = encodeAnswer(response);
    const { maxReply } = this.#input.limits;
    if (follows !== undefined && line.length * 3 + follows.length <= maxReply) return joined(line, follows);
    // A character is at most three bytes, so that only a long line has to be counted; it is then sent as it was counted.
    if (follows === undefined && line.length * 3 <= maxReply) return [line];
    const bytes = follows === undefined && line.length <= maxReply ? Buffer.from(line) : null;
    if (bytes !== null && bytes.length <= maxReply) return [bytes];
    const error = 'the answer is too large for one line; ask for less at once';
    return [encodeLine({ id: response.id, ok: false, code: 'too_large', error } satisfies Failure)];
  }

  /** Adds to what this tick sends: one write for all of it. */
  #write(part: string | Uint8Array): void {
    if (!this.#open) return;
    if (this.#outgoing.length === 0) this.#input.clock.endOfTick(() => this.#flush());
    const at = this.#outgoing.length - 1;
    const last = this.#outgoing[at];
    if (typeof last === 'string' && typeof part === 'string') this.#outgoing[at] = last + part;
    else this.#outgoing.push(part);
    this.#outgoingLength += part.length;
  }

  #flush(): void {
    const parts = this.#outgoing;
    this.#outgoing = [];
    this.#outgoingLength = 0;
    const done = this.#flushed.length > 0 ? this.#whenLeft(this.#flushed.splice(0)) : undefined;
    if (!this.#open) {
      done?.();
      return;
    }
    const { stream } = this.#input;
    // As bytes where it is long: for a text the stream sets three times its length aside.
    const chunks = parts.map((part) =>
      typeof part === 'string' && part.length > LONG ? Buffer.from(part) : part,
    );
    const last = chunks.pop() ?? '';
    if (chunks.length > 0) stream.cork();
    for (const chunk of chunks) stream.write(chunk);
    stream.write(last, done);
    if (chunks.length > 0) stream.uncork();
  }

  /** What tells those who wait for it that this tick's lines have left. */
  #whenLeft(flushed: readonly (() => void)[]): () => void {
    const done = () => {
      this.#leaving.delete(done);
      for (const resolve of flushed) resolve();
    };
    this.#leaving.add(done);
    return done;
  }

  #left(): Promise<void> {
    if (this.#outgoing.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  #unread(): number {
    return this.#input.stream.writableLength + this.#outgoingLength;
  }
}

/** A line and the bytes that follow it, as one piece where they are few: the stream writes one faster than two. */
function joined(line: string, follows: Uint8Array): readonly (string | Uint8Array)[] {
  return follows.length > LONG ? [line, follows] : [Buffer.concat([Buffer.from(line), follows])];
}
