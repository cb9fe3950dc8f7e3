import type { Clock, Timer } from '../powers.ts';

export interface Rest {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  /** Milliseconds for which a process has to have had nothing to do. */
  readonly idle: number;
  /** Whether it has something to do now. */
  readonly isBusy: () => boolean;
  /** When it last had, on the monotonic clock. */
  readonly lastBusy: () => number;
}

/** Waits for a process to have had nothing to do for as long as its manifest says, counted from now at the earliest. */
export function watchRest({ clock, idle, isBusy, lastBusy }: Rest, onRest: () => void): Timer {
  let timer: Timer;
  const wait = (since: number) => {
    timer = clock.after(since + idle - clock.monotonic(), () => {
      const latest = isBusy() ? clock.monotonic() : Math.max(since, lastBusy());
      if (latest + idle > clock.monotonic()) wait(latest);
      else onRest();
    });
  };
  wait(clock.monotonic());
  return { cancel: () => timer.cancel() };
}
