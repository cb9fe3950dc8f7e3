import { beforeEach, expect, test } from 'vitest';
import { PULSE_MS, Pulse } from '../../core/supervisor/pulse.ts';
import { createHandClock, type HandClock } from '../support/hand-clock.ts';

let clock: HandClock;
let pulse: Pulse;

beforeEach(() => {
  clock = createHandClock();
  pulse = new Pulse(clock);
});

test('whoever waits, and for however long, is woken by one alarm, and none is left when nobody waits', () => {
  const waiting = [0, PULSE_MS, 4 * PULSE_MS].map((ms) => pulse.after(ms, () => {}));
  expect(clock.waits()).toEqual([PULSE_MS]);
  for (const timer of waiting) {
    expect(clock.waits()).toHaveLength(1);
    timer.cancel();
  }
  expect(clock.waits()).toEqual([]);
});

test('a call comes with the first pulse after its time, together with the others of that pulse', () => {
  const called: string[] = [];
  const wait = (name: string, ms: number) =>
    pulse.after(ms, () => called.push(`${name} ${clock.monotonic()}`));
  wait('a', 4 * PULSE_MS);
  clock.advance(PULSE_MS / 2);
  wait('b', 4 * PULSE_MS);
  wait('c', 4 * PULSE_MS - PULSE_MS / 2);
  clock.advance(5 * PULSE_MS);
  expect(called).toEqual(['a 20000', 'c 20000', 'b 25000']);
  expect(clock.waits()).toEqual([]);
});

test('a call that asks for the next one stays in step, with an alarm that is a little early too', () => {
  const early: Pick<HandClock, 'after' | 'monotonic'> = {
    monotonic: clock.monotonic,
    after: (ms, call) => clock.after(ms - 1, call),
  };
  const inStep = new Pulse(early);
  let calls = 0;
  const again = () => {
    calls += 1;
    inStep.after(4 * PULSE_MS, again);
  };
  inStep.after(4 * PULSE_MS, again);
  clock.advance(12 * PULSE_MS);
  expect(calls).toBe(3);
});

test('one that another call of the same pulse has ended is not called', () => {
  const called: string[] = [];
  pulse.after(PULSE_MS, () => ended.cancel());
  const ended = pulse.after(PULSE_MS, () => called.push('ended'));
  pulse.after(PULSE_MS, () => called.push('goes on'));
  clock.advance(PULSE_MS);
  expect(called).toEqual(['goes on']);
});

test('each call is told how late its pulse came, and not how long it had to wait for that', () => {
  const told: number[] = [];
  const late = new Pulse({ monotonic: clock.monotonic, after: (ms, call) => clock.after(ms + 700, call) });
  late.after(1000, (lateMs) => told.push(lateMs));
  clock.advance(6000);
  expect(told).toEqual([700]);
});
