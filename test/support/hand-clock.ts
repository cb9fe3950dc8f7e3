import type { Clock } from '../../core/powers.ts';

/** A clock that stands still until the test moves it. */
export interface HandClock extends Clock {
  /** Moves time on and calls back whatever became due, the earliest first. */
  readonly advance: (ms: number) => void;
  /** Settles with the length of the next wait as soon as somebody waits: at once where somebody does already. */
  readonly armed: () => Promise<number>;
  /** How long each waiting call has still to wait, the next first. */
  readonly waits: () => readonly number[];
}

interface Alarm {
  readonly at: number;
  readonly ms: number;
  readonly call: () => void;
}

export function createHandClock(start = Date.parse('2030-01-01T00:00:00Z')): HandClock {
  let now = start;
  const alarms = new Set<Alarm>();
  const watchers: ((ms: number) => void)[] = [];
  const sorted = () => [...alarms].sort((a, b) => a.at - b.at);
  const earliest = () => sorted()[0];
  return {
    now: () => now,
    monotonic: () => now - start,
    after: (ms, call) => {
      const alarm = { at: now + ms, ms, call };
      alarms.add(alarm);
      for (const watcher of watchers.splice(0)) watcher(ms);
      return { cancel: () => alarms.delete(alarm) };
    },
    endOfTick: (call) => process.nextTick(call),
    turn: (take) => setImmediate(take),
    advance: (ms) => {
      const until = now + ms;
      for (let next = earliest(); next && next.at <= until; next = earliest()) {
        alarms.delete(next);
        now = next.at;
        next.call();
      }
      now = until;
    },
    armed: () => {
      const next = earliest();
      return next ? Promise.resolve(next.ms) : new Promise((resolve) => watchers.push(resolve));
    },
    waits: () => sorted().map(({ at }) => at - now),
  };
}
