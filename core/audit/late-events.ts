import type { EventEntry } from '../../schemas/audit.ts';
import type { Clock, Timer } from '../powers.ts';

export interface LateEventsInput {
  readonly record: (entry: EventEntry) => Promise<void>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

/** So many wait to be recorded; of further ones only the number is kept. */
const MAX_WAITING = 100;
/** After so long it is tried again, where nothing else was recorded meanwhile. Milliseconds. */
const AGAIN_MS = 5000;

/**
 * Events that happen while the log cannot be written: they are recorded once it can, with when they happened, and with
 * how many there were beyond those that are kept.
 */
export class LateEvents {
  readonly #input: LateEventsInput;
  #waiting: EventEntry[] = [];
  #dropped = 0;
  #timer: Timer | null = null;
  #isClosed = false;

  constructor(input: LateEventsInput) {
    this.#input = input;
  }

  /** Records an event, now or later. */
  record(entry: EventEntry): void {
    const happened = new Date(this.#input.clock.now()).toISOString();
    this.#input.record(entry).catch(() => this.#keep({ ...entry, detail: { ...entry.detail, happened } }));
  }

  /** Tries what waits: to be called when the log can be written again. */
  retry(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const waiting = this.#waiting.splice(0);
    const dropped = this.#dropped;
    this.#dropped = 0;
    for (const entry of waiting) this.#input.record(entry).catch(() => this.#keep(entry));
    if (dropped === 0) return;
    const detail = { count: dropped };
    this.#input.record({ type: 'event', event: 'events_dropped', spoke: null, detail }).catch(() => {
      this.#dropped += dropped;
      this.#arm();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #keep(entry: EventEntry): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(entry);
    else this.#dropped += 1;
    this.#arm();
  }

  #arm(): void {
    if (this.#isClosed) return;
    this.#timer ??= this.#input.clock.after(AGAIN_MS, () => this.retry());
  }
}
