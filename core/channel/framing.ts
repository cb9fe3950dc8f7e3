import { isUtf8 } from 'node:buffer';
import type { Response } from '../../schemas/wire.ts';

const NEWLINE = 0x0a;

export type FramingFault = 'line too long' | 'not UTF-8';

/**
 * Cuts a stream of bytes into lines. It holds at most one unfinished line of bounded size, whatever comes; the first
 * fault is final.
 */
export class LineSplitter {
  readonly #maxLine: number;
  /** The unfinished line; it doubles when full, so that a byte at a time costs no more than a line at once. */
  #buffer = Buffer.alloc(0);
  #held = 0;
  #fault: FramingFault | null = null;

  constructor(maxLine: number) {
    this.#maxLine = maxLine;
  }

  /** The whole lines that these bytes complete, without their newlines, and the fault that ended the stream, if any. */
  push(bytes: Buffer): { readonly lines: readonly string[]; readonly fault: FramingFault | null } {
    return this.#wholeLines(bytes) ?? this.#oneByOne(bytes);
  }

  /**
   * All the lines at once, where none can be at fault: nothing is held of an earlier piece, this one is no longer than a
   * line may be, and all of it is UTF-8. Null where that is not so.
   */
  #wholeLines(bytes: Buffer): { readonly lines: readonly string[]; readonly fault: null } | null {
    const end = bytes.lastIndexOf(NEWLINE);
    if (end < 0 || this.#held > 0 || this.#fault !== null || bytes.length > this.#maxLine) return null;
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) return null;
    this.#hold(bytes.subarray(end + 1));
    return { lines: whole.toString('utf8').split('\n'), fault: null };
  }

  #oneByOne(bytes: Buffer): { readonly lines: readonly string[]; readonly fault: FramingFault | null } {
    const lines: string[] = [];
    let start = 0;
    while (this.#fault === null) {
      const end = bytes.indexOf(NEWLINE, start);
      const piece = bytes.subarray(start, end < 0 ? bytes.length : end);
      if (this.#held + piece.length > this.#maxLine) {
        this.#fault = 'line too long';
      } else if (end < 0) {
        this.#hold(piece);
        break;
      } else {
        const line = this.#take(piece);
        if (isUtf8(line)) lines.push(line.toString('utf8'));
        else this.#fault = 'not UTF-8';
        start = end + 1;
      }
    }
    if (this.#fault !== null) this.#buffer = Buffer.alloc(0);
    return { lines, fault: this.#fault };
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0) return;
    if (this.#held + piece.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#held + piece.length));
      this.#buffer.copy(grown, 0, 0, this.#held);
      this.#buffer = grown;
    }
    piece.copy(this.#buffer, this.#held);
    this.#held += piece.length;
  }

  #take(piece: Buffer): Buffer {
    if (this.#held === 0) return piece;
    this.#hold(piece);
    const line = this.#buffer.subarray(0, this.#held);
    this.#buffer = Buffer.alloc(0);
    this.#held = 0;
    return line;
  }
}

/**
 * One answer as what goes over the wire: a line, and after it the bytes that the answer has as its data, which the line
 * only counts. Whoever reads knows from the count where the next line begins, whatever the bytes are.
 */
export function encodeAnswer(answer: Response): readonly [line: string, follows?: Uint8Array] {
  if (!answer.ok || !(answer.data instanceof Uint8Array)) return [encodeLine(answer)];
  const { data } = answer;
  // Not behind what is spread, which V8 is slow to make and to put into words; JSON leaves out what is undefined.
  return [encodeLine({ follows: data.length, ...answer, data: undefined }), data];
}

/** One message as a line with its newline. */
export function encodeLine(message: unknown): string {
  const { data } = (message ?? {}) as { readonly data?: unknown };
  if (typeof data !== 'string' || data.length < LONG || !AS_IT_IS.test(data))
    return `${JSON.stringify(message)}\n`;
  const { data: _data, ...rest } = message as { readonly data: string };
  if (isEmpty(rest)) return `${JSON.stringify(message)}\n`;
  return `{"data":"${data}",${JSON.stringify(rest).slice(1)}\n`;
}

/**
 * Base64, which JSON says as it is. JSON.stringify would look at each character of a file for one to escape, one after the
 * other, which takes a tenth of a second for 8 MiB, and nobody else is served meanwhile.
 */
const AS_IT_IS = /^[\w+/=]*$/;
const LONG = 4096;

function isEmpty(rest: object): boolean {
  return Object.keys(rest).length === 0;
}
