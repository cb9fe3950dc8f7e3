import { expect, test } from 'vitest';
import { Linger } from '../core/linger.ts';

/** An event loop that the test turns. */
function makeLinger() {
  let due: (() => void)[] = [];
  let now = 0;
  const linger = new Linger({ monotonic: () => now }, (call) => due.push(call));
  const turn = () => {
    const calls = due;
    due = [];
    for (const call of calls) call();
  };
  /** Turns it until it would go to sleep, and tells how often that was. */
  const turnUntilAsleep = () => {
    let turns = 0;
    for (; due.length > 0 && turns < 1000; turns += 1) turn();
    return turns;
  };
  const wait = (ms: number) => {
    now += ms;
  };
  return { linger, turn, turnUntilAsleep, wait };
}

/** Of so many chances those that were taken, where nothing comes meanwhile. */
function takenOf(chances: number, { linger, turnUntilAsleep }: ReturnType<typeof makeLinger>) {
  const taken = Array.from({ length: chances }, () => {
    linger.worked(1);
    return turnUntilAsleep() > 0;
  });
  return taken.flatMap((was, index) => (was ? [index] : []));
}

test('the event loop is kept awake for a bounded while, and then sleeps', () => {
  const { linger, turnUntilAsleep } = makeLinger();
  linger.worked(1);
  expect(turnUntilAsleep()).toBe(50);
});

test('as long as something comes in time it is kept awake, by one call in each turn', () => {
  const { linger, turn, turnUntilAsleep } = makeLinger();
  for (let time = 0; time < 20; time += 1) {
    linger.worked(1);
    for (let turns = 0; turns < 49; turns += 1) turn();
  }
  expect(turnUntilAsleep()).toBe(1);
});

test('where nothing comes, more and more chances are let go, but never all', () => {
  expect(takenOf(64, makeLinger())).toEqual([0, 2, 6, 14, 30, 46, 62]);
});

test('once something came in time again, as few are let go as at first', () => {
  const made = makeLinger();
  expect(takenOf(31, made).at(-1)).toBe(30);
  for (let chances = 0; chances < 16; chances += 1) made.linger.worked(1);
  made.turn();
  made.linger.worked(1);
  made.turnUntilAsleep();
  expect(takenOf(7, made)).toEqual([1, 5]);
});

test('where each turn takes long, the while is over sooner', () => {
  const { linger, turn, turnUntilAsleep, wait } = makeLinger();
  linger.worked(1);
  for (let turns = 0; turns < 3; turns += 1) {
    wait(0.045);
    turn();
  }
  wait(0.045);
  expect(turnUntilAsleep()).toBe(1);
});

test('a turn that took nothing on is no reason to wait, nor what was waited for', () => {
  const { linger, turn, turnUntilAsleep } = makeLinger();
  linger.worked(0);
  expect(turnUntilAsleep()).toBe(0);
  linger.worked(1);
  turn();
  linger.worked(0);
  expect(turnUntilAsleep()).toBe(49);
});

test('who asks for much at once is not waited for', () => {
  const { linger, turnUntilAsleep } = makeLinger();
  linger.worked(3);
  expect(turnUntilAsleep()).toBe(0);
  linger.worked(2);
  expect(turnUntilAsleep()).toBe(50);
});
