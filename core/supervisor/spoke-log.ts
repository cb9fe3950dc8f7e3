import { AppendFile } from '../append-file.ts';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';

const MAX_FILE = 1_048_576;
/** What a spoke may print in a window of time; the rest is counted and dropped. */
const WINDOW_MS = 10_000;
const MAX_WINDOW = 1_048_576;
const SHOWN = 65_536;

/**
 * What a spoke prints, in a file of bounded size with one older one beside it. A spoke that prints without end costs the
 * disk and the daemon no more than one that prints a little.
 */
export class SpokeLog {
  readonly #powers: Pick<Powers, 'filesNow' | 'clock'>;
  readonly #path: string;
  #file: AppendFile;
  #windowStart: number;
  #windowBytes = 0;
  #dropped = 0;

  constructor(powers: Pick<Powers, 'filesNow' | 'clock'>, path: string) {
    this.#powers = powers;
    this.#path = path;
    this.#file = new AppendFile(powers.filesNow, path);
    this.#windowStart = powers.clock.monotonic();
  }

  write(chunk: Buffer): void {
    const now = this.#powers.clock.monotonic();
    if (now - this.#windowStart > WINDOW_MS) {
      this.#windowStart = now;
      this.#windowBytes = 0;
      this.#noteDropped();
    }
    const room = Math.max(0, MAX_WINDOW - this.#windowBytes);
    const kept = chunk.subarray(0, room);
    this.#windowBytes += kept.length;
    this.#dropped += chunk.length - kept.length;
    if (kept.length > 0) this.#append(kept);
  }

  /** A line of the daemon's own between the spoke's. */
  note(text: string): void {
    this.#noteDropped();
    this.#append(`[axium] ${text}\n`);
  }

  /** The end of what was printed. */
  tail(): string {
    const read = (path: string) => {
      try {
        return this.#powers.filesNow.readFileSync(path, 'utf8');
      } catch (error) {
        if (errno(error) === 'ENOENT') return '';
        throw error;
      }
    };
    return (read(`${this.#path}.1`) + read(this.#path)).slice(-SHOWN);
  }

  close(): void {
    this.#noteDropped();
    this.#file.close();
  }

  #noteDropped(): void {
    if (this.#dropped === 0) return;
    const text = `[axium] ${this.#dropped} bytes were left out: more than ${MAX_WINDOW} in ${WINDOW_MS / 1000} s\n`;
    this.#dropped = 0;
    this.#append(text);
  }

  #append(text: string | Buffer): void {
    try {
      if (this.#file.size + text.length > MAX_FILE) {
        this.#powers.filesNow.renameSync(this.#path, `${this.#path}.1`);
        const next = new AppendFile(this.#powers.filesNow, this.#path);
        // Closed last: a number that is closed already would name somebody else's file.
        this.#file.close();
        this.#file = next;
      }
      this.#file.append(text);
    } catch {
      // A full disk must not end the spoke, still less the daemon: what it prints is lost, as it would be on a terminal.
      this.#dropped += text.length;
    }
  }
}
