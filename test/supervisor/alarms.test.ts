import { expect, test } from 'vitest';
import { Alarms } from '../../core/supervisor/alarms.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { createHandClock } from '../support/hand-clock.ts';
import { compileManifest, manifestText } from '../support/rights.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

function manifest(name: string, triggers: string): Manifest {
  const text = manifestText().replace('creds', name);
  return compileManifest(`${text}activation: on-demand\ntriggers: {${triggers}}\n`).manifest;
}

function makeAlarms() {
  const clock = createHandClock(new Date(2030, 5, 1, 7, 0).getTime());
  const due: string[] = [];
  const began = clock.now();
  /** By how much the clock on the wall is ahead of what the daemon was awake for. */
  let ahead = 0;
  const alarms = new Alarms({
    clock: { ...clock, now: () => clock.now() + ahead },
    onDue: (spoke, timer) => due.push(`${spoke} ${timer} ${(clock.now() + ahead - began) / MINUTE}`),
  });
  const sleep = (ms: number) => {
    ahead += ms;
  };
  return { alarms, clock, due, sleep };
}

test('every is due when the spoke is found, and then so often', () => {
  const { alarms, clock, due } = makeAlarms();
  alarms.set(manifest('a', 'every: 10m'));
  expect(due).toEqual(['a every 0']);
  clock.advance(25 * MINUTE);
  expect(due).toEqual(['a every 0', 'a every 10', 'a every 20']);
});

test('a version with the same timers changes nothing, and another interval counts from now', () => {
  const { alarms, clock, due } = makeAlarms();
  alarms.set(manifest('a', 'every: 10m'));
  clock.advance(4 * MINUTE);
  alarms.set(manifest('a', 'every: 10m, commands: [show]'));
  clock.advance(6 * MINUTE);
  alarms.set(manifest('a', 'every: 5m'));
  clock.advance(5 * MINUTE);
  expect(due).toEqual(['a every 0', 'a every 10', 'a every 15']);
});

test('a spoke that has timers only since it was changed is not started for that', () => {
  const { alarms, clock, due } = makeAlarms();
  alarms.set(manifest('a', 'commands: [show]'));
  alarms.set(manifest('a', 'every: 10m'));
  clock.advance(10 * MINUTE);
  expect(due).toEqual(['a every 10']);
});

test('at is due each day at its times', () => {
  const { alarms, clock, due } = makeAlarms();
  alarms.set(manifest('a', "at: ['07:30', '06:00']"));
  clock.advance(DAY + 31 * MINUTE);
  expect(due).toEqual(['a 07:30 30', 'a 06:00 1380', 'a 07:30 1470']);
});

test('what became due while the machine slept comes within 30 seconds of waking, once', () => {
  const { alarms, clock, due, sleep } = makeAlarms();
  alarms.set(manifest('a', "every: 10m, at: ['07:30']"));
  clock.advance(MINUTE);
  sleep(55 * MINUTE);
  clock.advance(30_000);
  expect(due.slice(1)).toEqual(['a every 56.5', 'a 07:30 56.5']);
  clock.advance(4 * MINUTE);
  // In the rhythm from before the sleep.
  expect(due.slice(3)).toEqual(['a every 60']);
});

test('a clock that is set back holds back no interval', () => {
  const { alarms, clock, due, sleep } = makeAlarms();
  alarms.set(manifest('a', 'every: 10m'));
  sleep(-600 * MINUTE);
  clock.advance(10 * MINUTE);
  expect(due).toHaveLength(2);
});

test('for all of them the daemon waits once, and for none not at all', () => {
  const { alarms, clock, due } = makeAlarms();
  alarms.set({ ...manifest('always', 'every: 10m'), activation: 'always' });
  alarms.set(manifest('called', 'commands: [show]'));
  expect(clock.waits()).toEqual([]);
  for (let count = 0; count < 50; count += 1) alarms.set(manifest(`a${count}`, "every: 10m, at: ['08:00']"));
  expect(clock.waits()).toEqual([30_000]);
  alarms.keep(new Set(['a7']));
  due.length = 0;
  clock.advance(10 * MINUTE);
  expect(due).toEqual(['a7 every 10']);
  alarms.keep(new Set());
  expect(clock.waits()).toEqual([]);
});

test('nothing is due once it is closed', () => {
  const { alarms, clock, due } = makeAlarms();
  alarms.set(manifest('a', 'every: 10m'));
  alarms.close();
  alarms.set(manifest('a', 'every: 5m'));
  clock.advance(DAY);
  expect([due, clock.waits()]).toEqual([['a every 0'], []]);
});
