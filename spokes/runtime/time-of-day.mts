import { AxiumFailure } from './failure.mts';

const DAY_MS = 86_400_000;

/**
 * When it is next this time of day (`07:30`) after a moment, in milliseconds since the epoch. A time that a day leaves
 * out, where clocks go forward, is an hour later on that day. The sandbox knows no time zone, so it is named; `undefined`
 * is UTC.
 */
export function nextTimeOfDay(time: string, after: number, timeZone = 'UTC'): number {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (hour === undefined)
    throw new AxiumFailure('invalid', `at: expected a time of day like '07:30', found '${time}'`);
  const minutes = Number(hour) * 60 + Number(minute);
  const today = after + offsetAt(after, timeZone);
  const midnight = today - (((today % DAY_MS) + DAY_MS) % DAY_MS);
  for (let day = 0; ; day += 1) {
    const local = midnight + day * DAY_MS + minutes * 60_000;
    const guess = local - offsetAt(local, timeZone);
    const at = local - offsetAt(guess, timeZone);
    if (at > after) return at;
  }
}

/** Milliseconds by which clocks of a zone are ahead of UTC at a moment. */
function offsetAt(moment: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  }).formatToParts(moment);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return local - Math.floor(moment / 1000) * 1000;
}
