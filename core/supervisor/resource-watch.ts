import type { Powers, Timer } from '../powers.ts';
import { judgeUsage, readUsage, type UsageHistory, type UsageLimits } from '../sandbox/usage.ts';

/** What is watched: a process, and what to do once it takes more than it may. */
export interface Watched {
  readonly pid: number;
  readonly onExcess: (what: string) => void;
}

const EVERY_MS = 5000;

/**
 * Looks now and then at what the spokes use, all of them on one timer. It is the net below the kernel's limits, and the
 * only one where those could not be set.
 */
export class ResourceWatch {
  readonly #powers: Pick<Powers, 'files' | 'clock'>;
  readonly #limits: () => UsageLimits;
  readonly #watched = new Map<Watched, UsageHistory>();
  #timer: Timer | null = null;
  #lastLook = 0;

  constructor(powers: Pick<Powers, 'files' | 'clock'>, limits: () => UsageLimits) {
    this.#powers = powers;
    this.#limits = limits;
  }

  /** Begins to watch a process whose own code has not run yet. Returns what ends it. */
  async watch(watched: Watched): Promise<() => void> {
    const usage = await readUsage(this.#powers.files, watched.pid);
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
    this.#timer = this.#powers.clock.after(EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const now = this.#powers.clock.monotonic() / 1000;
    const elapsed = now - this.#lastLook / 1000;
    for (const [watched, history] of this.#watched) {
      const usage = await readUsage(this.#powers.files, watched.pid);
      if (usage === null || !this.#watched.has(watched)) continue;
      const judged = judgeUsage(history, usage, { now, elapsed }, this.#limits());
      this.#watched.set(watched, judged.history);
      if (judged.excess !== null) watched.onExcess(judged.excess);
    }
    this.#timer = null;
    this.#arm();
  }
}
