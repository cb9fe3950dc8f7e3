import { expect, test } from 'vitest';
import { makeLinger } from '../../../spokes/runtime/linger.mts';

/** An event loop that the test turns, of a spoke that waits for an answer or does not. */
function makeLoop() {
  let due: (() => void)[] = [];
  let pending = 0;
  const linger = makeLinger(
    () => pending,
    (call) => due.push(call),
  );
  const turn = () => {
    const calls = due;
    due = [];
    for (const call of calls) call();
  };
  return {
    turn,
    ask(count = 1) {
      pending = count;
      linger();
    },
    answer() {
      pending = 0;
    },
    turnUntilAsleep() {
      let turns = 0;
      for (; due.length > 0 && turns < 1000; turns += 1) turn();
      return turns;
    },
  };
}

test('a spoke that waits for an answer is awake for a bounded while', () => {
  const { ask, turnUntilAsleep } = makeLoop();
  ask();
  expect(turnUntilAsleep()).toBe(50);
});

test('it sleeps as soon as it has the answer, and is awake for the next one', () => {
  const { ask, answer, turnUntilAsleep } = makeLoop();
  for (let time = 0; time < 20; time += 1) {
    ask();
    answer();
    expect(turnUntilAsleep()).toBe(1);
  }
});

test('what is asked meanwhile begins the while anew, and no second one beside it', () => {
  const { ask, turn, turnUntilAsleep } = makeLoop();
  ask();
  for (let turns = 0; turns < 49; turns += 1) turn();
  ask();
  expect(turnUntilAsleep()).toBe(50);
});

test('where answers take longer, most chances are let go, until one came in time', () => {
  const { ask, answer, turnUntilAsleep } = makeLoop();
  const taken = Array.from({ length: 47 }, () => {
    ask();
    return turnUntilAsleep() > 0;
  });
  expect(taken.flatMap((was, index) => (was ? [index] : []))).toEqual([0, 2, 6, 14, 30, 46]);
  for (let chances = 0; chances < 16; chances += 1) ask();
  answer();
  expect(turnUntilAsleep()).toBe(1);
  ask();
  expect(turnUntilAsleep()).toBe(50);
  ask();
  expect(turnUntilAsleep()).toBe(0);
  ask();
  expect(turnUntilAsleep()).toBe(50);
});

test('who waits for nothing uses up no chance', () => {
  const { ask, turnUntilAsleep } = makeLoop();
  ask();
  turnUntilAsleep();
  for (let times = 0; times < 5; times += 1) ask(0);
  ask();
  expect(turnUntilAsleep()).toBe(0);
  ask();
  expect(turnUntilAsleep()).toBe(50);
});

test('who has asked for much at once sleeps until answers come', () => {
  const { ask, turnUntilAsleep } = makeLoop();
  ask(3);
  expect(turnUntilAsleep()).toBe(0);
  ask(2);
  expect(turnUntilAsleep()).toBe(50);
});
