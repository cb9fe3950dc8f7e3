import { StringDecoder } from 'node:string_decoder';
import type { Event } from '../../schemas/wire.ts';

/** The line to the process that asked. */
export interface OutputLine {
  readonly send: (event: Event) => void;
  /** Settles once it has read most of what it was sent, or is gone. */
  readonly whenRead: () => Promise<void>;
}

export type OutputStream = 'stdout' | 'stderr';

/** Characters of one event. */
const MAX_PIECE = 32_768;

/**
 * Tells a spoke what its command writes, as whole characters and no faster than it reads: what waits for that is bounded by
 * what a command may write at all.
 */
export class ToldOutput {
  readonly #line: OutputLine;
  readonly #request: number;
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  #waiting: { readonly stream: OutputStream; text: string }[] = [];
  #telling: Promise<void> | null = null;

  /** `request` is the id of the request in which it was asked for. */
  constructor(line: OutputLine, request: number) {
    this.#line = line;
    this.#request = request;
  }

  take(stream: OutputStream, bytes: Buffer): void {
    this.#say(stream, this.#decoders[stream].write(bytes));
  }

  /** Tells the rest, and settles once all of it has been told. */
  async end(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) this.#say(stream, this.#decoders[stream].end());
    await this.#telling;
  }

  #say(stream: OutputStream, text: string): void {
    if (text === '') return;
    const last = this.#waiting.at(-1);
    if (last?.stream === stream) last.text += text;
    else this.#waiting.push({ stream, text });
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = null;
    });
  }

  async #tell(): Promise<void> {
    for (;;) {
      // What is written meanwhile goes with it.
      await this.#line.whenRead();
      const [first] = this.#waiting;
      if (first === undefined) return;
      const text = first.text.slice(0, MAX_PIECE);
      first.text = first.text.slice(MAX_PIECE);
      if (first.text === '') this.#waiting.shift();
      this.#line.send({ event: 'job_output', request: this.#request, stream: first.stream, text });
    }
  }
}
