import type { Manifest } from '../../schemas/manifest.ts';
import type { Clock, Timer } from '../powers.ts';

export interface AlarmsInput {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  /** A timer of this spoke is due: `every`, or a time of day like `07:30`. */
  readonly onDue: (spoke: string, timer: string) => void;
}

/** One timer of one spoke. */
interface Alarm {
  /** What it was made of: another makes another alarm. */
  readonly setting: string;
  /** Milliseconds until it is due; not above 0 where it is. */
  readonly left: () => number;
  /** It was due, and is set for the next time. */
  readonly next: () => void;
}

/**
 * The longest single wait. A timer stands still while the machine sleeps and does not see that the clock was set: after
 * either, an alarm comes at most so long too late.
 */
const MAX_STEP_MS = 30_000;

/** The timers that start spokes which run on demand. However many there are, the daemon waits for the soonest alone. */
export class Alarms {
  readonly #input: AlarmsInput;
  readonly #alarms = new Map<string, Map<string, Alarm>>();
  #timer: Timer | null = null;
  #closed = false;

  constructor(input: AlarmsInput) {
    this.#input = input;
  }

  /**
   * The timers of a spoke are these by now. `every` of one that had no timers before is due at once, before this returns;
   * of one that had, what did not change goes on, and what did counts from now.
   */
  set(manifest: Manifest): void {
    const { name } = manifest;
    this.#alarms.set(name, this.#alarmsOf(manifest, this.#alarms.get(name)));
    this.#look();
  }

  /** Forgets the timers of all other spokes. */
  keep(spokes: ReadonlySet<string>): void {
    for (const name of this.#alarms.keys()) if (!spokes.has(name)) this.#alarms.delete(name);
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #alarmsOf(
    { activation, triggers: { every, at } }: Manifest,
    before: ReadonlyMap<string, Alarm> | undefined,
  ): Map<string, Alarm> {
    const alarms = new Map<string, Alarm>();
    if (activation === 'always') return alarms;
    const { clock } = this.#input;
    const set = (timer: string, setting: string, make: () => Alarm) => {
      const known = before?.get(timer);
      alarms.set(timer, known?.setting === setting ? known : make());
    };
    if (every !== undefined)
      set('every', String(every), () => createInterval(clock, every, before ? every : 0));
    for (const time of at) set(time, time, () => createDaily(clock, time));
    return alarms;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#closed) return;
    const soonest = Math.min(
      ...[...this.#alarms.values()].flatMap((alarms) => [...alarms.values()].map(({ left }) => left())),
    );
    if (soonest === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#input.clock.after(Math.min(MAX_STEP_MS, Math.max(0, soonest)), () => this.#look());
  }

  #look(): void {
    if (this.#closed) return;
    const due = [...this.#alarms].flatMap(([spoke, alarms]) =>
      [...alarms].filter(([, { left }]) => left() <= 0).map(([timer, alarm]) => ({ spoke, timer, alarm })),
    );
    for (const { alarm } of due) alarm.next();
    this.#arm();
    for (const { spoke, timer } of due) this.#input.onDue(spoke, timer);
  }
}

/** Due after so long by the clock or awake, whichever is first. What was missed is one; a clock set back is not waited for. */
function createInterval({ now, monotonic }: AlarmsInput['clock'], ms: number, first: number): Alarm {
  let due = { wall: now() + first, awake: monotonic() + first };
  return {
    setting: String(ms),
    left: () => Math.min(due.wall - now(), due.awake - monotonic()),
    next: () => {
      const late = Math.max(0, now() - due.wall) % ms;
      due = { wall: now() + ms - late, awake: monotonic() + ms - late };
    },
  };
}

/** Due each day at a time of the user's clock; an hour later on a day that leaves it out, where clocks go forward. */
function createDaily({ now }: AlarmsInput['clock'], time: string): Alarm {
  let due = nextOf(time, now());
  return {
    setting: time,
    left: () => due - now(),
    next: () => {
      due = nextOf(time, now());
    },
  };
}

function nextOf(time: string, after: number): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const next = new Date(after);
  next.setHours(hour, minute, 0, 0);
  if (next.getTime() <= after) {
    next.setDate(next.getDate() + 1);
    next.setHours(hour, minute, 0, 0);
  }
  return next.getTime();
}
