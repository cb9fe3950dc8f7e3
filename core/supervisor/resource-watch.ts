import type { Powers, Timer } from '../powers.ts';
import { judgeUsage, type Usage, type UsageHistory, type UsageLimits } from '../sandbox/usage.ts';
import { PULSE_MS, type Pulse } from './pulse.ts';

/** What is watched, and what to do once it takes more than it may. */
export interface Watched {
  /** What it has used so far; null once it is gone. */
  readonly usage: () => Usage | null;
  readonly onExcess: (what: string) => void;
}

/**
 * Looks with each pulse at what the spokes use. It is the net below the kernel's limits, and the only one where those could
 * not be set.
 */
export class ResourceWatch {
  readonly #powers: Pick<Powers, 'clock' | 'log'>;
  readonly #pulse: Pulse;
  readonly #limits: () => UsageLimits;
  readonly #watched = new Map<Watched, UsageHistory>();
  #timer: Timer | null = null;
  #lastLook = 0;

  constructor(powers: Pick<Powers, 'clock' | 'log'>, pulse: Pulse, limits: () => UsageLimits) {
    this.#powers = powers;
    this.#pulse = pulse;
    this.#limits = limits;
  }

  /** Begins to watch a spoke whose own code has not run yet. Returns what ends it. */
  watch(watched: Watched): () => void {
    const usage = watched.usage();
    if (usage === null) return () => {};
    this.#watched.set(watched, { atStart: usage, last: usage, busySince: null });
    this.#arm();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) this.stop();
    };
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    if (this.#timer !== null || this.#watched.size === 0) return;
    this.#lastLook = this.#powers.clock.monotonic();
    this.#timer = this.#pulse.after(PULSE_MS, () => {
      this.#timer = null;
      this.#lookAtAll();
      this.#arm();
    });
  }

  #lookAtAll(): void {
    const now = this.#powers.clock.monotonic() / 1000;
    const time = { now, elapsed: now - this.#lastLook / 1000 };
    for (const [watched, history] of this.#watched) {
      try {
        this.#look(watched, history, time);
      } catch (error) {
        // One that cannot be looked at hides nothing of the others, and is tried again.
        this.#powers.log.error('a spoke could not be watched', { error: String(error) });
      }
    }
  }

  #look(
    watched: Watched,
    history: UsageHistory,
    time: { readonly now: number; readonly elapsed: number },
  ): void {
    const usage = watched.usage();
    if (usage === null) return;
    const judged = judgeUsage(history, usage, time, this.#limits());
    this.#watched.set(watched, judged.history);
    if (judged.excess !== null) watched.onExcess(judged.excess);
  }
}
