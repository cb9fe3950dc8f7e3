import { AxiumFailure } from './failure.mts';
import { nextTimeOfDay } from './time-of-day.mts';

type Handler = () => unknown;

/**
 * The longest that a timer waits before it looks at the clock. Those of Node stand still while the machine sleeps, so that
 * what became due meanwhile would come as much too late as it slept.
 */
const LOOK_MS = 30_000;
const MIN_MS = 100;
const MAX_MS = 366 * 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a timer is told of time, in milliseconds. */
export interface TimeSource {
  /** Since the epoch: can be set, and goes on while the machine sleeps. */
  readonly now: () => number;
  /** From some fixed point: only goes on, and stands still while the machine sleeps. */
  readonly monotonic: () => number;
  /** Calls back after so long, and returns what prevents that. */
  readonly after: (ms: number, call: () => void) => () => void;
}

/** Timers that are due by the clock and not by the time that the machine was awake. A handler that fails is reported. */
export class Timers {
  readonly #time: TimeSource;
  readonly #timeZone: string | undefined;
  readonly #report: (what: string, error: unknown) => void;

  constructor(
    time: TimeSource,
    timeZone: string | undefined,
    report: (what: string, error: unknown) => void,
  ) {
    this.#time = time;
    this.#timeZone = timeZone;
    this.#report = report;
  }

  /** See Axium.every in the API. */
  every(interval: number | string, handler: Handler): () => void {
    const ms = intervalOf(interval);
    const { now, monotonic } = this.#time;
    let due = { wall: now() + ms, awake: monotonic() + ms };
    return this.#repeat(`every(${interval})`, handler, {
      left: () => Math.min(due.wall - now(), due.awake - monotonic()),
      next: () => {
        // Those that were missed are one. A clock that was set back is not waited for.
        const late = Math.max(0, now() - due.wall) % ms;
        due = { wall: now() + ms - late, awake: monotonic() + ms - late };
        return true;
      },
    });
  }

  /** See Axium.at in the API. */
  at(time: Date | number | string, handler: Handler): () => void {
    const { now } = this.#time;
    if (typeof time === 'string') {
      const next = () => nextTimeOfDay(time, now(), this.#timeZone);
      let due = next();
      return this.#repeat(`at(${time})`, handler, {
        left: () => due - now(),
        next: () => {
          due = next();
          return true;
        },
      });
    }
    const due = Number(time);
    if (!Number.isFinite(due))
      throw invalid('at', "a Date, milliseconds since 1970, or a time of day like '07:30'", time);
    return this.#repeat('at', handler, { left: () => due - now(), next: () => false });
  }

  #repeat(
    what: string,
    handler: Handler,
    { left, next }: { readonly left: () => number; readonly next: () => boolean },
  ): () => void {
    if (typeof handler !== 'function') throw invalid(what, 'a function', handler);
    let stopped = false;
    let cancel = () => {};
    const wait = () => {
      if (stopped) return;
      cancel = this.#time.after(Math.min(LOOK_MS, Math.max(0, left())), look);
    };
    const look = async () => {
      if (stopped) return;
      if (left() > 0) return wait();
      try {
        await handler();
      } catch (error) {
        this.#report(what, error);
      }
      if (next()) wait();
    };
    wait();
    return () => {
      stopped = true;
      cancel();
    };
  }
}

/** Milliseconds of a length of time, given as such or as a text like `5m`. */
function intervalOf(interval: number | string): number {
  const [, count, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(String(interval)) ?? [];
  const ms = typeof interval === 'number' ? interval : Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (ms >= MIN_MS && ms <= MAX_MS) return ms;
  throw invalid(
    'every',
    "milliseconds or a text like '30s', '5m' or '2h', from 100 ms to 366 days",
    interval,
  );
}

function invalid(where: string, expected: string, found: unknown): AxiumFailure {
  return new AxiumFailure('invalid', `${where}: expected ${expected}, found ${String(found)}`);
}
