import type { MessagePort } from 'node:worker_threads';

/** What the clock of a test is told, and what it says: what time it is now, and that it has come to the end. */
export type ClockMessage =
  | { readonly advance: number }
  | { readonly now: number }
  | { readonly goOn: true }
  | { readonly done: true };

interface Due {
  readonly at: number;
  readonly every: number | null;
  readonly call: () => void;
}

/** The longest that a timer of Node waits; a longer one is due at once there, and here too. */
const MAX_DELAY = 2_147_483_647;

/** Turns of the event loop in which nothing is asked for, after which a handler is taken to have done its work. */
const QUIET_TURNS = 5;

/**
 * Puts a clock that only a test moves in the place of this thread's: Date, performance.now, setTimeout and setInterval.
 * Before a timer is called the other end has the same time, and after it everything that it asked for is answered.
 */
export function installHandClock(start: number, port: MessagePort, pending: () => number): void {
  const wait = globalThis.setTimeout;
  const RealDate = globalThis.Date;
  const due = new Map<HandTimer, Due>();
  let now = start;
  let goOn = () => {};

  class HandTimer {
    ref = () => this;
    unref = () => this;
    hasRef = () => true;
    refresh = () => this;
    close = () => this;
  }
  const add = (call: () => void, delay: number, every: boolean) => {
    const ms = delay >= 1 && delay <= MAX_DELAY ? delay : 1;
    const timer = new HandTimer();
    due.set(timer, { at: now + ms, every: every ? ms : null, call });
    return timer;
  };
  const clear = (timer: unknown) => void due.delete(timer as HandTimer);

  class HandDate extends RealDate {
    constructor(...given: []) {
      if (given.length === 0) super(now);
      else super(...given);
    }
    static override now(): number {
      return now;
    }
  }
  Object.assign(globalThis, {
    Date: HandDate,
    setTimeout: (call: (...words: unknown[]) => void, delay = 1, ...words: unknown[]) =>
      add(() => call(...words), delay, false),
    setInterval: (call: (...words: unknown[]) => void, delay = 1, ...words: unknown[]) =>
      add(() => call(...words), delay, true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  performance.now = () => now - start;

  const next = (until: number) => {
    let first: readonly [HandTimer, Due] | null = null;
    for (const one of due) if (one[1].at <= until && (first === null || one[1].at < first[1].at)) first = one;
    return first;
  };
  /** Settles once the other end has this time. */
  const tell = (time: number) =>
    new Promise<void>((resolve) => {
      goOn = resolve;
      port.postMessage({ now: time } satisfies ClockMessage);
    });
  const settled = async () => {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await new Promise<void>((resolve) => (pending() > 0 ? wait(resolve, 1) : setImmediate(resolve)));
      quiet = pending() > 0 ? 0 : quiet + 1;
    }
  };
  const advance = async (ms: number) => {
    const until = now + ms;
    for (let one = next(until); one !== null; one = next(until)) {
      const [timer, { at, every, call }] = one;
      now = Math.max(now, at);
      if (every === null) due.delete(timer);
      else due.set(timer, { at: at + every, every, call });
      await tell(now);
      call();
      await settled();
    }
    now = until;
    await tell(now);
    port.postMessage({ done: true } satisfies ClockMessage);
  };
  port.on('message', (message: ClockMessage) => {
    if ('goOn' in message) goOn();
    if ('advance' in message) void advance(message.advance);
  });
  // The clock keeps no thread alive that has nothing else to do.
  port.unref();
}
