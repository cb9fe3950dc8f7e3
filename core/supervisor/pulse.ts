import type { Clock, Timer } from '../powers.ts';

/** Milliseconds from one pulse to the next. */
export const PULSE_MS = 5000;
/** A clock may call back a little before its time; what is due by then is not put off to the next pulse. */
const EARLY_MS = 100;

/** Calls back with how many milliseconds the pulse itself came too late: the machine, or the daemon, had stood still. */
type Call = (lateMs: number) => void;

/**
 * One alarm for all that is looked at again and again, of whichever spoke, so that an idle daemon wakes once for all of
 * them. A call comes with the first pulse after its time. There is none while nobody waits.
 */
export class Pulse {
  readonly #clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly #waiting = new Set<{ readonly due: number; readonly call: Call }>();
  #alarm: Timer | null = null;

  constructor(clock: Pick<Clock, 'after' | 'monotonic'>) {
    this.#clock = clock;
  }

  after(ms: number, call: Call): Timer {
    const waiting = { due: this.#clock.monotonic() + ms, call };
    this.#waiting.add(waiting);
    this.#arm();
    return {
      cancel: () => {
        this.#waiting.delete(waiting);
        if (this.#waiting.size > 0) return;
        this.#alarm?.cancel();
        this.#alarm = null;
      },
    };
  }

  #arm(): void {
    if (this.#alarm !== null || this.#waiting.size === 0) return;
    const next = this.#clock.monotonic() + PULSE_MS;
    this.#alarm = this.#clock.after(PULSE_MS, () => {
      this.#alarm = null;
      const now = this.#clock.monotonic();
      const due = [...this.#waiting].filter((waiting) => waiting.due <= now + EARLY_MS);
      for (const waiting of due) {
        // One that was called before it may have ended this one.
        if (this.#waiting.delete(waiting)) waiting.call(now - next);
      }
      this.#arm();
    });
  }
}
