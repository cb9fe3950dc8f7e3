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

  /** Hands over each message that these bytes complete. */
  push(bytes: Buffer, take: (message: Incoming) => void): void {
    let at = 0;
    while (at < bytes.length) {
      const unfinished = this.#unfinished;
      at = unfinished ? this.#fill(unfinished, bytes, at, take) : this.#readLine(bytes, at, take);
    }
  }

  #readLine(bytes: Buffer, start: number, take: (message: Incoming) => void): number {
    const end = bytes.indexOf(NEWLINE, start);
    this.#hold(bytes.subarray(start, end < 0 ? bytes.length : end));
    if (end < 0) return bytes.length;
    const { follows, ...message } = JSON.parse(this.#takeLine()) as Incoming;
    if (follows === undefined) take(message);
    else if (!isLength(follows)) throw new Error(`follows: expected a number of bytes, found ${follows}`);
    else if (follows === 0) take({ ...message, data: new Uint8Array(0) });
    else this.#unfinished = { message, data: new Uint8Array(follows), filled: 0 };
    return end + 1;
  }

  #fill(unfinished: Unfinished, bytes: Buffer, start: number, take: (message: Incoming) => void): number {
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
    if (piece.length > 0) this.#pieces.push(piece);
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
