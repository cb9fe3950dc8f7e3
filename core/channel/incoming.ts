import type { Readable } from 'node:stream';
import type { Clock } from '../powers.ts';
import { hasMoreValues } from './count-values.ts';
import { LineSplitter } from './framing.ts';
import type { InFlight } from './in-flight.ts';
import type { ChannelLimits, TokenBucket } from './limits.ts';
import { readMessage } from './message.ts';
import type { Outgoing } from './outgoing.ts';
import type { Turns } from './turns.ts';

export interface IncomingInput {
  readonly stream: Readable;
  readonly limits: ChannelLimits;
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly turns: Turns;
  readonly bucket: TokenBucket;
  /** Where each message goes, and what has to have room before one is taken. */
  readonly inFlight: Pick<InFlight, 'count' | 'take'>;
  readonly outgoing: Pick<Outgoing, 'unread'>;
  /** The rules of the wire were broken. Has this closed before it returns. */
  readonly onBreach: (what: string) => void;
}

/** The lines that have come on a channel, taken as the limits let them. While they do not, nothing more is read. */
export class Incoming {
  readonly #input: IncomingInput;
  readonly #splitter: LineSplitter;
  #open = true;
  #lines: readonly string[] = [];
  #next = 0;
  /** What is wrong with what came after these lines, and ends the channel once they are taken. */
  #fault: string | null = null;
  #throttled = false;

  constructor(input: IncomingInput) {
    this.#input = input;
    this.#splitter = new LineSplitter(input.limits.maxLine);
  }

  receive(bytes: Buffer): void {
    if (!this.#open) return;
    // What came before has not had its turn yet: no more is read until it has.
    if (this.#lines.length > 0) this.#input.stream.pause();
    const { lines, fault } = this.#splitter.push(bytes);
    // Not as arguments of a call: a piece can hold more lines than a call takes.
    this.#lines = this.#lines.length === 0 ? lines : this.#lines.concat(lines);
    this.#fault ??= fault;
    if (this.#lines.length > 0 || fault !== null) this.#joinTurns();
  }

  /** Takes on, where something waits for it: there may be room for it now. */
  goOn(): void {
    if (this.#lines.length > 0 || this.#input.stream.isPaused()) this.#joinTurns();
  }

  /** Nothing more comes: what is there need not wait for its turn. */
  finish(): void {
    while (this.#takeOne() > 0);
  }

  /** Drops what is not taken yet. */
  close(): void {
    this.#open = false;
    this.#lines = [];
  }

  /** Has the lines taken that the limits let it take, one in each of its turns. */
  #joinTurns(): void {
    if (this.#open) this.#input.turns.join(this.#takeOne);
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

  #mayTakeOne(): boolean {
    const { limits, clock, bucket, inFlight, outgoing } = this.#input;
    if (inFlight.count >= limits.inFlight || outgoing.unread > limits.unread || this.#throttled) return false;
    if (bucket.take(clock.monotonic())) return true;
    this.#throttled = true;
    clock.after(bucket.wait, () => {
      this.#throttled = false;
      this.#joinTurns();
    });
    return false;
  }

  /** What it weighs is told by its length alone: a clock would charge a spoke for what else the machine does. */
  #take(line: string): number {
    const message = readMessage(line);
    if (message === null) this.#input.onBreach('a line is not a message');
    else this.#input.inFlight.take(message);
    return 1;
  }

  /** What is dear to read is known for that only afterwards; what is large holds memory that is free again only in time. */
  #takeLong(line: string): number {
    const { clock, limits, bucket, onBreach } = this.#input;
    const began = clock.monotonic();
    // A shorter line has no room for more.
    if (line.length > 2 * limits.maxValues && hasMoreValues(line, limits.maxValues))
      onBreach('too many values in a line');
    else this.#take(line);
    const more =
      Math.floor((clock.monotonic() - began) / limits.msEach) + Math.floor(line.length / limits.bytesEach);
    bucket.spend(more);
    return 1 + more;
  }

  /** No line may be taken now: ends the channel where a fault came behind them, else reads on or stops reading. */
  #rest(): void {
    const { stream, limits, outgoing, onBreach } = this.#input;
    if (this.#next === this.#lines.length) {
      this.#lines = [];
      this.#next = 0;
    }
    if (this.#fault !== null) onBreach(this.#fault);
    if (!this.#open) return;
    if (this.#lines.length > 0 || outgoing.unread > limits.unread) stream.pause();
    else stream.resume();
  }
}
