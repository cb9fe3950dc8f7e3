import type { Powers, Timer } from '../powers.ts';
import { judgeUsage, type Usage, type UsageHistory, type UsageLimits } from '../sandbox/usage.ts';

/** What is watched, and what to do once it takes more than it may. */
export interface Watched {
  /** What it has used so far; null once it is gone. */
  readonly usage: () => Promise<Usage | null>;
  readonly onExcess: (what: string) => void;
}

const EVERY_MS = 5000;

/**
 * Looks now and then at what the spokes use, all of them on one timer. It is the net below the kernel's limits, and the
 * only one where those could not be set.
 */
export class ResourceWatch {
  readonly #powers: Pick<Powers, 'clock' | 'log'>;
  readonly #limits: () => UsageLimits;
  readonly #watched = new Map<Watched, UsageHistory>();
  #timer: Timer | null = null;
  #lastLook = 0;

  constructor(powers: Pick<Powers, 'clock' | 'log'>, limits: () => UsageLimits) {
    this.#powers = powers;
    this.#limits = limits;
  }

  /** Begins to watch a spoke whose own code has not run yet. Returns what ends it. */
  async watch(watched: Watched): Promise<() => void> {
    const usage = await watched.usage();
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
    const { clock } = this.#powers;
    this.#lastLook = clock.monotonic();
    const timer: Timer = clock.after(EVERY_MS, () => void this.#lookAtAll(timer));
    this.#timer = timer;
  }

  async #lookAtAll(timer: Timer): Promise<void> {
    const now = this.#powers.clock.monotonic() / 1000;
    const time = { now, elapsed: now - this.#lastLook / 1000 };
    for (const [watched, history] of this.#watched) {
      try {
        await this.#look(watched, history, time);
      } catch (error) {
        // One that cannot be looked at hides nothing of the others, and is tried again.
        this.#powers.log.error('a spoke could not be watched', { error: String(error) });
      }
    }
    // Meanwhile nobody may have been left, and somebody new have come: then another alarm is set already.
    if (this.#timer !== timer) return;
    this.#timer = null;
    this.#arm();
  }

  async #look(
    watched: Watched,
    history: UsageHistory,
    time: { readonly now: number; readonly elapsed: number },
  ): Promise<void> {
    const usage = await watched.usage();
    if (usage === null || !this.#watched.has(watched)) return;
    const judged = judgeUsage(history, usage, time, this.#limits());
    this.#watched.set(watched, judged.history);
    if (judged.excess !== null) watched.onExcess(judged.excess);
  }
}
