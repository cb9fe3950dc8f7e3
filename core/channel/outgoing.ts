import type { Writable } from 'node:stream';
import type { Clock } from '../powers.ts';

/** Characters from which on a text is sent as bytes. */
const LONG = 65_536;

/** What is sent on a channel: all that one tick has for it goes by one write. */
export class Outgoing {
  readonly #stream: Writable;
  readonly #clock: Pick<Clock, 'endOfTick'>;
  #open = true;
  /** What this tick sends: text, and what is bytes already. */
  #parts: (string | Uint8Array)[] = [];
  #length = 0;
  /** Who waits for what this tick sends to have left. */
  #flushed: (() => void)[] = [];
  /** What was written and has not left: a stream that is destroyed need not tell of it. */
  readonly #leaving = new Set<() => void>();
  #whenRead: (() => void)[] = [];

  constructor(stream: Writable, clock: Pick<Clock, 'endOfTick'>) {
    this.#stream = stream;
    this.#clock = clock;
  }

  /** How much the other side has still to read: bytes, and characters of what this tick sends. */
  get unread(): number {
    return this.#stream.writableLength + this.#length;
  }

  /** Adds to what this tick sends. */
  write(part: string | Uint8Array): void {
    if (!this.#open) return;
    if (this.#parts.length === 0) this.#clock.endOfTick(() => this.#flush());
    const at = this.#parts.length - 1;
    const last = this.#parts[at];
    if (typeof last === 'string' && typeof part === 'string') this.#parts[at] = last + part;
    else this.#parts.push(part);
    this.#length += part.length;
  }

  /** Settles once what was written until now has left, or never will. */
  left(): Promise<void> {
    if (this.#parts.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** Settles once no more than so much is unread, and at the end of the channel. */
  whenRead(most: number): Promise<void> {
    if (!this.#open || this.unread <= most) return Promise.resolve();
    return new Promise((resolve) => this.#whenRead.push(resolve));
  }

  /** The stream has nothing left to be read. */
  drained(): void {
    for (const resolve of this.#whenRead.splice(0)) resolve();
  }

  /** Nothing more is sent, what this tick would have sent included. */
  close(): void {
    this.#open = false;
  }

  /** The stream is gone: nobody waits for it any longer. */
  closed(): void {
    this.#open = false;
    const waiting = [...this.#leaving, ...this.#flushed.splice(0), ...this.#whenRead.splice(0)];
    for (const resolve of waiting) resolve();
  }

  #flush(): void {
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    const done = this.#flushed.length > 0 ? this.#whenLeft(this.#flushed.splice(0)) : undefined;
    if (!this.#open) {
      done?.();
      return;
    }
    // As bytes where it is long: for a text the stream sets three times its length aside.
    const chunks = parts.map((part) =>
      typeof part === 'string' && part.length > LONG ? Buffer.from(part) : part,
    );
    const last = chunks.pop() ?? '';
    if (chunks.length > 0) this.#stream.cork();
    for (const chunk of chunks) this.#stream.write(chunk);
    this.#stream.write(last, done);
    if (chunks.length > 0) this.#stream.uncork();
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
}
