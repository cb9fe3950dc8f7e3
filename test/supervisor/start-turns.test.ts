import { expect, test } from 'vitest';
import { StartTurns } from '../../core/supervisor/start-turns.ts';

/** Turns that the test ends, and who was let make a process. */
function createTurns() {
  let next: (() => void)[] = [];
  const made: string[] = [];
  const turns = new StartTurns((call) => next.push(call));
  return {
    made,
    ask: (name: string) => turns.take(() => made.push(name)),
    nextTurn: () => {
      const due = next;
      next = [];
      for (const call of due) call();
    },
    isQuiet: () => next.length === 0,
    turns,
  };
}

test('the first is made at once, and of those that follow one in each turn, in their order', () => {
  const { made, ask, nextTurn, isQuiet } = createTurns();
  for (const name of ['a', 'b', 'c']) ask(name);
  expect(made).toEqual(['a']);
  nextTurn();
  ask('d');
  expect(made).toEqual(['a', 'b']);
  nextTurn();
  nextTurn();
  expect(made).toEqual(['a', 'b', 'c', 'd']);
  nextTurn();
  expect(isQuiet()).toBe(true);
  ask('e');
  expect(made).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('one that throws keeps nobody who waits from their turn', () => {
  const { made, ask, nextTurn, turns } = createTurns();
  const fails = () => {
    throw new Error('EAGAIN');
  };
  expect(() => turns.take(fails)).toThrow('EAGAIN');
  ask('b');
  nextTurn();
  expect(made).toEqual(['b']);
});
