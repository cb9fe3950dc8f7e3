import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EVENTS,
  hasFailed,
  type LifecycleEvent,
  STATES,
  type State,
  transition,
} from '../../core/supervisor/lifecycle.ts';

type Row = Readonly<Partial<Record<LifecycleEvent, string>>>;

/** Where each event leads, and what is to be done. A pair that is not here changes nothing. */
const EXPECTED: Readonly<Record<State, Row>> = {
  stopped: { start: 'starting, spawn', 'stand-by': 'idle, nothing' },
  starting: {
    registered: 'ready, watch',
    refused: 'failing, kill',
    'timed-out': 'failing, kill',
    breached: 'condemned, kill',
    overused: 'failing, kill',
    unstartable: 'quarantined, nothing',
    stop: 'stopping, kill',
    exited: 'backoff, wait',
    exhausted: 'quarantined, nothing',
  },
  ready: {
    silent: 'failing, kill',
    breached: 'condemned, kill',
    overused: 'failing, kill',
    stop: 'stopping, ask-to-stop',
    unused: 'retiring, ask-to-stop',
    exited: 'backoff, wait',
    exhausted: 'quarantined, nothing',
  },
  stopping: {
    'timed-out': 'stopping, kill',
    breached: 'stopping, kill',
    unstartable: 'stopped, nothing',
    exited: 'stopped, nothing',
    exhausted: 'stopped, nothing',
  },
  failing: {
    breached: 'condemned, nothing',
    stop: 'stopping, nothing',
    exited: 'backoff, wait',
    exhausted: 'quarantined, nothing',
  },
  condemned: {
    stop: 'stopping, nothing',
    exited: 'quarantined, nothing',
    exhausted: 'quarantined, nothing',
  },
  backoff: { start: 'starting, spawn', retry: 'starting, spawn', stop: 'stopped, nothing' },
  quarantined: { start: 'starting, spawn', stop: 'stopped, nothing' },
  idle: { start: 'starting, spawn', wake: 'starting, spawn', stop: 'stopped, nothing' },
  retiring: {
    wake: 'recalled, await-end',
    start: 'recalled, await-end',
    'timed-out': 'retiring, kill',
    breached: 'condemned, kill',
    overused: 'failing, kill',
    stop: 'stopping, await-end',
    exited: 'idle, nothing',
    exhausted: 'idle, nothing',
  },
  recalled: {
    'timed-out': 'recalled, kill',
    breached: 'condemned, kill',
    overused: 'failing, kill',
    stop: 'stopping, await-end',
    exited: 'starting, spawn',
    exhausted: 'starting, spawn',
  },
};

const pairs = STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const));

test.each(pairs)('%s and then %s', (state, event) => {
  const { to, act } = transition(state, event);
  expect(`${to}, ${act}`).toBe(EXPECTED[state][event] ?? `${state}, nothing`);
});

/** Whether a process of it can be there in a state. */
const ALIVE: readonly State[] = [
  ...(['starting', 'ready', 'stopping', 'failing', 'condemned', 'retiring', 'recalled'] as const),
];
const ENDS: readonly LifecycleEvent[] = ['exited', 'exhausted', 'unstartable'];

test('whatever happens, a process is started only where none is or at the end of the last, and only that leads to where none is', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS)), (events) => {
      let state: State = 'stopped';
      for (const event of events) {
        const { to, act } = transition(state, event);
        if (act === 'spawn' && ALIVE.includes(state)) expect(ENDS).toContain(event);
        if (ALIVE.includes(state) && !ALIVE.includes(to)) expect(ENDS).toContain(event);
        if (to === 'ready' && state !== 'ready') expect(state).toBe('starting');
        state = to;
      }
    }),
  );
});

test('from every state, to be asked to stop and the end of the process lead to stopped, and to nothing else', () => {
  for (const state of STATES) {
    const asked = transition(state, 'stop').to;
    expect(transition(asked, 'exited').to).toBe('stopped');
    expect(hasFailed(asked)).toBe(false);
  }
});

test('what asks for a spoke starts one that is idle, or will be, and none that has failed or was stopped by hand', () => {
  const started = STATES.filter((state) => transition(state, 'wake').to !== state);
  expect(started).toEqual(['idle', 'retiring']);
  for (const event of EVENTS) {
    if (event !== 'wake' && event !== 'start') expect(transition('idle', event).act).toBe('nothing');
  }
});

test('one that is on its way to be idle always has an end to its patience', () => {
  for (const state of STATES) {
    for (const event of EVENTS) {
      const { to, act } = transition(state, event);
      const isWaiting = ['retiring', 'recalled', 'stopping'].includes(to) && to !== state;
      if (isWaiting && !hasFailed(state)) expect(['kill', 'ask-to-stop', 'await-end']).toContain(act);
    }
  }
});
