import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EVENTS,
  type LifecycleEvent,
  STATES,
  type State,
  transition,
} from '../../core/supervisor/lifecycle.ts';

type Expected = Readonly<Record<State, Readonly<Record<LifecycleEvent, string>>>>;

/** Every pair of state and event: where it leads and what is to be done. A dash is: nothing changes. */
const EXPECTED: Expected = {
  stopped: {
    start: 'starting, spawn',
    registered: '-',
    refused: '-',
    'timed-out': '-',
    breached: '-',
    overused: '-',
    stop: '-',
    exited: '-',
  },
  starting: {
    start: '-',
    registered: 'ready, nothing',
    refused: 'failed, kill',
    'timed-out': 'failed, kill',
    breached: 'failed, kill',
    overused: 'failed, kill',
    stop: 'stopping, kill',
    exited: 'failed, nothing',
  },
  ready: {
    start: '-',
    registered: '-',
    refused: '-',
    'timed-out': '-',
    breached: 'failed, kill',
    overused: 'failed, kill',
    stop: 'stopping, ask-to-stop',
    exited: 'failed, nothing',
  },
  stopping: {
    start: '-',
    registered: '-',
    refused: '-',
    'timed-out': 'stopping, kill',
    breached: 'stopping, kill',
    overused: '-',
    stop: '-',
    exited: 'stopped, nothing',
  },
  failed: {
    start: 'starting, spawn',
    registered: '-',
    refused: '-',
    'timed-out': '-',
    breached: '-',
    overused: '-',
    stop: '-',
    exited: '-',
  },
};

const pairs = STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const));

test.each(pairs)('%s and then %s', (state, event) => {
  const { to, act } = transition(state, event);
  const expected = EXPECTED[state][event];
  expect(`${to}, ${act}`).toBe(expected === '-' ? `${state}, nothing` : expected);
});

test('the table has every pair, and no other', () => {
  expect(Object.keys(EXPECTED)).toEqual([...STATES]);
  for (const row of Object.values(EXPECTED)) expect(Object.keys(row)).toEqual([...EVENTS]);
});

test('whatever happens, a process is started only where none runs, and a spoke is ready only after a start', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS)), (events) => {
      let state: State = 'stopped';
      for (const event of events) {
        const { to, act } = transition(state, event);
        if (act === 'spawn') expect(['stopped', 'failed']).toContain(state);
        if (to === 'ready' && state !== 'ready') expect(state).toBe('starting');
        state = to;
      }
    }),
  );
});
