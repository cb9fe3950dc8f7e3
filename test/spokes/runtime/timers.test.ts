import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextTimeOfDay } from '../../../spokes/runtime/time-of-day.mts';
import { Timers } from '../../../spokes/runtime/timers.mts';
import { createHandClock } from '../../support/hand-clock.ts';

/** A machine whose clock the test moves; while it sleeps, only that of the wall goes on. */
function makeMachine() {
  const awake = createHandClock();
  const reported: unknown[] = [];
  let slept = 0;
  const timers = new Timers(
    {
      now: () => awake.now() + slept,
      monotonic: awake.monotonic,
      after: (ms, call) => awake.after(ms, call).cancel,
    },
    'UTC',
    (what, error) => reported.push([what, error]),
  );
  return {
    ...{ timers, reported, awake },
    sleep: (ms: number) => {
      slept += ms;
    },
    /** Lets so much time pass awake, and every handler that became due settle. */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 1000) {
        awake.advance(Math.min(left, 1000));
        await Promise.resolve().then(() => {});
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

test('every calls after each interval, until it is ended', async () => {
  const { timers, pass } = makeMachine();
  let calls = 0;
  const stop = timers.every('10s', () => {
    calls += 1;
  });
  await pass(9000);
  expect(calls).toBe(0);
  await pass(22_000);
  expect(calls).toBe(3);
  stop();
  await pass(30_000);
  expect(calls).toBe(3);
});

test('what became due while the machine slept comes within 30 s of waking, once', async () => {
  const { timers, pass, sleep, awake } = makeMachine();
  const calls: string[] = [];
  timers.every('10m', () => void calls.push('every'));
  timers.at(awake.now() + 20 * 60_000, () => void calls.push('at'));
  await pass(1000);
  sleep(3 * 3_600_000);
  await pass(30_000);
  expect(calls.sort()).toEqual(['at', 'every']);
});

test('a clock that is set back does not hold up what is to be done every so often', async () => {
  const { timers, pass, sleep } = makeMachine();
  let calls = 0;
  timers.every(10_000, () => {
    calls += 1;
  });
  sleep(-3_600_000);
  await pass(21_000);
  expect(calls).toBe(2);
});

test('a handler that fails is reported and called again, and one that is slow is not called beside itself', async () => {
  const { timers, pass, reported } = makeMachine();
  let release = () => {};
  let calls = 0;
  timers.every('5s', () => Promise.reject('no'));
  timers.every('5s', async () => {
    calls += 1;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  await pass(16_000);
  expect([calls, reported]).toEqual([1, Array(3).fill(['every(5s)', 'no'])]);
  release();
  await pass(6000);
  expect(calls).toBe(2);
});

test('at a moment that has passed the handler is called soon, and once', async () => {
  const { timers, pass, awake } = makeMachine();
  let calls = 0;
  timers.at(new Date(awake.now() - 1), () => {
    calls += 1;
  });
  await pass(60_000);
  expect(calls).toBe(1);
});

test('at a time of day the handler is called each day', async () => {
  const { timers, awake } = makeMachine();
  const calls: string[] = [];
  timers.at('07:30', () => void calls.push(new Date(awake.now()).toISOString()));
  // The clock begins at midnight UTC; half a minute at a time is what the timer waits.
  for (let half = 0; half < 2 * 60 * 32; half += 1) {
    awake.advance(30_000);
    await Promise.resolve();
    await Promise.resolve();
  }
  expect(calls).toEqual(['2030-01-01T07:30:00.000Z', '2030-01-02T07:30:00.000Z']);
});

test.each(['', '5', '5 m', '1w', 99, Number.NaN, 'Infinityd', '367d', null])(
  'the interval %j is refused',
  (interval) => {
    const { timers } = makeMachine();
    expect(() => timers.every(interval as never, () => {})).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    );
  },
);

test.each(['7:30', '24:00', '07:60', 'noon', Number.NaN, undefined])('the time %j is refused', (time) => {
  const { timers } = makeMachine();
  expect(() => timers.at(time as never, () => {})).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test.each([
  ['07:30', '2030-01-01T05:00:00Z', 'Europe/Berlin', '2030-01-01T06:30:00.000Z'],
  ['07:30', '2030-01-01T06:30:00Z', 'Europe/Berlin', '2030-01-02T06:30:00.000Z'],
  ['00:00', '2030-07-01T12:00:00Z', 'Asia/Kolkata', '2030-07-01T18:30:00.000Z'],
  ['23:59', '2030-07-01T03:00:00Z', 'America/New_York', '2030-07-01T03:59:00.000Z'],
  // Clocks go forward over this time, and back over the next.
  ['02:30', '2030-03-31T00:00:00Z', 'Europe/Berlin', '2030-03-31T01:30:00.000Z'],
  ['02:30', '2030-10-26T23:00:00Z', 'Europe/Berlin', '2030-10-27T01:30:00.000Z'],
])('%s after %s in %s is %s', (time, after, zone, expected) => {
  expect(new Date(nextTimeOfDay(time, Date.parse(after), zone)).toISOString()).toBe(expected);
});

test('the next time of day is always after the moment and within about a day', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'];
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: Date.parse('2000-01-01'), max: Date.parse('2040-01-01') }),
      fc.constantFrom(...zones),
      (hour, minute, after, zone) => {
        const time = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
        const next = nextTimeOfDay(time, after, zone);
        expect(next).toBeGreaterThan(after);
        expect(next - after).toBeLessThanOrEqual(49 * 3_600_000);
      },
    ),
  );
});
