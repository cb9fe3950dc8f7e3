const NEWLINE = 0x0a;

/** Bytes of one line that a spoke accepts: above the longest reply the daemon sends, below what would fill a process. */
export const MAX_INCOMING_LINE = 16_777_216;

/** Cuts the bytes of the channel into lines. Throws when a line is longer than MAX_INCOMING_LINE; that is final. */
export class LineReader {
  #pieces: Buffer[] = [];
  #held = 0;

  /** The lines that these bytes complete, without their newlines. */
  push(bytes: Buffer): readonly string[] {
    const first = bytes.indexOf(NEWLINE);
    if (first < 0) {
      this.#hold(bytes);
      return [];
    }
    this.#hold(bytes.subarray(0, first));
    const line = this.#take();
    const last = bytes.lastIndexOf(NEWLINE);
    this.#hold(bytes.subarray(last + 1));
    // What came in one piece is shorter than a line may be.
    return last === first ? [line] : [line, ...bytes.toString('utf8', first + 1, last).split('\n')];
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length;
    if (this.#held > MAX_INCOMING_LINE) {
      throw new Error(`expected lines of at most ${MAX_INCOMING_LINE} bytes, found a longer one`);
    }
    if (piece.length > 0) this.#pieces.push(piece);
  }

  /** Decodes a line only when it is whole, so that no character is cut where two reads meet. */
  #take(): string {
    const [only, second] = this.#pieces;
    const line = (second || !only ? Buffer.concat(this.#pieces, this.#held) : only).toString('utf8');
    this.#pieces = [];
    this.#held = 0;
    return line;
  }
}
