const NEWLINE = 0x0a;

/** Bytes of one line that a spoke accepts: above the longest reply the daemon sends, below what would fill a process. */
export const MAX_INCOMING_LINE = 16_777_216;

/** Cuts the bytes of the channel into lines. Throws when a line is longer than MAX_INCOMING_LINE; that is final. */
export class LineReader {
  #pieces: Buffer[] = [];
  #held = 0;

  /** The lines that these bytes complete, without their newlines. */
  push(bytes: Buffer): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      this.#hold(bytes.subarray(start, end < 0 ? bytes.length : end));
      if (end < 0) return lines;
      lines.push(this.#take());
      start = end + 1;
    }
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length;
    if (this.#held > MAX_INCOMING_LINE) {
      throw new Error(`expected lines of at most ${MAX_INCOMING_LINE} bytes, found a longer one`);
    }
    this.#pieces.push(piece);
  }

  /** Decodes a line only when it is whole, so that no character is cut where two reads meet. */
  #take(): string {
    const line = Buffer.concat(this.#pieces, this.#held).toString('utf8');
    this.#pieces = [];
    this.#held = 0;
    return line;
  }
}
