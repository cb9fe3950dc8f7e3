import type { Duplex } from 'node:stream';
import type { Event, Failure, Response } from '../../schemas/wire.ts';
import type { Clock } from '../powers.ts';
import { encodeLine, LineSplitter } from './framing.ts';
import { type ChannelLimits, TokenBucket } from './limits.ts';
import { type Message, readMessage } from './message.ts';
import { Slots } from './slots.ts';

export interface ChannelInput {
  readonly stream: Duplex;
  readonly limits: ChannelLimits;
  readonly clock: Clock;
  /** Commands that hold a file or a large reply while they are worked on. */
  readonly isHeavy: (cmd: string) => boolean;
  /** Answers one request. Never rejects. Whoever made the channel knows whose it is; the message does not say. */
  readonly serve: (message: Message) => Promise<Response>;
  /** The rules of the wire were broken: the channel is closed already, the spoke is to be ended. */
  readonly onBreach: (what: string) => void;
  readonly onClose: () => void;
}

/**
 * The line to one spoke. It takes no more than the limits let it, by not reading; what it holds for one spoke is
 * bounded whatever the spoke sends or leaves unread.
 */
export class Channel {
  readonly #input: ChannelInput;
  readonly #splitter: LineSplitter;
  readonly #bucket: TokenBucket;
  readonly #heavy: Slots;
  #lines: string[] = [];
  #next = 0;
  #inFlight = 0;
  #open = true;
  #throttled = false;
  #outgoing = '';
  #flushed: (() => void)[] = [];

  constructor(input: ChannelInput) {
    this.#input = input;
    this.#splitter = new LineSplitter(input.limits.maxLine);
    this.#bucket = new TokenBucket(input.limits, input.clock.monotonic());
    this.#heavy = new Slots(input.limits.heavyInFlight);
    const { stream } = input;
    stream.on('data', (bytes: Buffer) => this.#receive(bytes));
    stream.on('drain', () => this.#pump());
    // A spoke that goes away while it is written to is no error of ours; 'close' follows.
    stream.on('error', () => {});
    stream.on('close', () => this.#closed());
    stream.on('end', () => this.close());
  }

  /** Sends a line that was not asked for. */
  send(event: Event): void {
    this.#write(encodeLine(event));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lines = [];
    this.#input.stream.destroy();
  }

  #closed(): void {
    this.#open = false;
    this.#lines = [];
    for (const resolve of this.#flushed.splice(0)) resolve();
    this.#input.onClose();
  }

  #receive(bytes: Buffer): void {
    if (!this.#open) return;
    const { lines, fault } = this.#splitter.push(bytes);
    this.#lines.push(...lines);
    this.#pump();
    if (fault !== null) this.#breach(fault);
  }

  #breach(what: string): void {
    if (!this.#open) return;
    this.close();
    this.#input.onBreach(what);
  }

  /** Takes on as many of the lines as the limits let it, then reads on or stops reading. */
  #pump(): void {
    const { stream, limits } = this.#input;
    while (this.#open && this.#next < this.#lines.length && this.#mayTakeOne()) {
      const message = readMessage(this.#lines[this.#next] ?? '');
      this.#next += 1;
      if (message === null) this.#breach('a line is not a message');
      else void this.#answer(message);
    }
    if (this.#next === this.#lines.length) {
      this.#lines = [];
      this.#next = 0;
    }
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

  async #answer(message: Message): Promise<void> {
    this.#inFlight += 1;
    const heavy = this.#input.isHeavy(message.cmd);
    if (heavy) await this.#heavy.take();
    // Its turn came after the end: nothing more is begun for it.
    if (!this.#open) {
      if (heavy) this.#heavy.free();
      return;
    }
    const response = await this.#input.serve(message);
    this.#write(this.#encode(response));
    // A slot is free again when the reply has left, so that replies nobody reads cannot pile up.
    if (heavy) {
      await this.#left();
      this.#heavy.free();
    }
    this.#inFlight -= 1;
    this.#pump();
  }

  #encode(response: Response): string {
    const line = encodeLine(response);
    const { maxReply } = this.#input.limits;
    // A character is at most three bytes, so that only a large line has to be counted.
    if (line.length * 3 <= maxReply || Buffer.byteLength(line) <= maxReply) return line;
    const error = 'the answer is too large for one line; ask for less at once';
    return encodeLine({ id: response.id, ok: false, code: 'too_large', error } satisfies Failure);
  }

  /** Adds to what this tick sends: one write for all of it. */
  #write(line: string): void {
    if (!this.#open) return;
    if (this.#outgoing === '') this.#input.clock.endOfTick(() => this.#flush());
    this.#outgoing += line;
  }

  #flush(): void {
    const text = this.#outgoing;
    const flushed = this.#flushed.splice(0);
    this.#outgoing = '';
    const done = () => {
      for (const resolve of flushed) resolve();
    };
    if (this.#open) this.#input.stream.write(text, done);
    else done();
  }

  #left(): Promise<void> {
    if (this.#outgoing === '') return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  #unread(): number {
    return this.#input.stream.writableLength + this.#outgoing.length;
  }
}
