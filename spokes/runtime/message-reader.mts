const NEWLINE = 0x0a;

/** Bytes of one message that a spoke accepts: above the longest the daemon sends, below what would fill a process. */
export const MAX_INCOMING = 16_777_216;

/** What came: an answer or an event. Bytes that followed its line are its `data`. */
export type Incoming = Readonly<Record<string, unknown>>;

interface Unfinished {
  readonly message: Incoming;
  readonly data: Uint8Array;
  filled: number;
}

/**
 * Cuts the bytes of the channel into messages: lines of JSON, each with the bytes after it that it says `follows`. Throws
 * where one is no message, or is longer than MAX_INCOMING; that is final.
 */
export class MessageReader {
  #pieces: Buffer[] = [];
  #held = 0;
  /** The message whose bytes are still to come, and how many of them are there. */
  #unfinished: Unfinished | null = null;
  /** No bytes came with the messages of the last piece, so that the next is likely to be lines and nothing else. */
  #isPlain = true;

  /** Hands over each message that these bytes complete. They may change once it returns: what is left of them is copied. */
  push(bytes: Buffer, take: (message: Incoming) => void): void {
    const wasPlain = this.#isPlain;
    this.#isPlain = true;
    let at = 0;
    while (at < bytes.length) {
      if (this.#unfinished) at = this.#fill(this.#unfinished, bytes, at, take);
      else if (wasPlain && this.#isPlain && this.#held === 0) at = this.#readPlain(bytes, at, take);
      else at = this.#readLine(bytes, at, take);
    }
  }

  /** Decodes all the lines at once, which takes less than half of the time, and takes those before the first that bytes follow. */
  #readPlain(bytes: Buffer, start: number, take: (message: Incoming) => void): number {
    const end = bytes.lastIndexOf(NEWLINE);
    if (end < start) return this.#readLine(bytes, start, take);
    const text = bytes.toString('utf8', start, end);
    let taken = 0;
    for (const line of text.split('\n')) {
      const message = JSON.parse(line) as Incoming;
      if (message.follows !== undefined)
        return this.#readLine(bytes, start + Buffer.byteLength(text.slice(0, taken)), take);
      take(message);
      taken += line.length + 1;
    }
    return end + 1;
  }

  #readLine(bytes: Buffer, start: number, take: (message: Incoming) => void): number {
    const end = bytes.indexOf(NEWLINE, start);
    const message = this.#parseLine(bytes, start, end);
    if (message === undefined) return bytes.length;
    if (message.follows === undefined) take(message);
    else this.#begin(message, take);
    return end + 1;
  }

  /** The message of the line that ends there, or undefined where it has no end yet. */
  #parseLine(bytes: Buffer, start: number, end: number): Incoming | undefined {
    // Most lines lie whole in one piece, and need not be held.
    if (end >= 0 && this.#held === 0) return JSON.parse(bytes.toString('utf8', start, end)) as Incoming;
    this.#hold(bytes.subarray(start, end < 0 ? bytes.length : end));
    return end < 0 ? undefined : (JSON.parse(this.#takeLine()) as Incoming);
  }

  /** A message that bytes follow. */
  #begin({ follows, ...message }: Incoming, take: (message: Incoming) => void): void {
    this.#isPlain = false;
    if (!isLength(follows)) throw new Error(`follows: expected a number of bytes, found ${follows}`);
    if (follows === 0) take({ ...message, data: new Uint8Array(0) });
    else this.#unfinished = { message, data: new Uint8Array(follows), filled: 0 };
  }

  #fill(unfinished: Unfinished, bytes: Buffer, start: number, take: (message: Incoming) => void): number {
    this.#isPlain = false;
    const { message, data, filled } = unfinished;
    const piece = bytes.subarray(start, start + data.length - filled);
    data.set(piece, filled);
    unfinished.filled += piece.length;
    if (unfinished.filled === data.length) {
      this.#unfinished = null;
      take({ ...message, data });
    }
    return start + piece.length;
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length;
    if (this.#held > MAX_INCOMING) {
      throw new Error(`expected lines of at most ${MAX_INCOMING} bytes, found a longer one`);
    }
    if (piece.length > 0) this.#pieces.push(Buffer.from(piece));
  }

  /** Decodes a line only when it is whole, so that no character is cut where two reads meet. */
  #takeLine(): string {
    const [only, second] = this.#pieces;
    const line = only && !second ? only : Buffer.concat(this.#pieces, this.#held);
    this.#pieces = [];
    this.#held = 0;
    return line.toString('utf8');
  }
}

function isLength(follows: unknown): follows is number {
  return Number.isSafeInteger(follows) && (follows as number) >= 0 && (follows as number) <= MAX_INCOMING;
}
