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
  stopped: { start: 'starting, spawn' },
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
};

const pairs = STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const));

test.each(pairs)('%s and then %s', (state, event) => {
  const { to, act } = transition(state, event);
  expect(`${to}, ${act}`).toBe(EXPECTED[state][event] ?? `${state}, nothing`);
});

/** Whether a process of it can be there in a state. */
const ALIVE: readonly State[] = ['starting', 'ready', 'stopping', 'failing', 'condemned'];
const ENDS: readonly LifecycleEvent[] = ['exited', 'exhausted', 'unstartable'];

test('whatever happens, a process is started only where none is, and only its end leads to where none is', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS)), (events) => {
      let state: State = 'stopped';
      for (const event of events) {
        const { to, act } = transition(state, event);
        if (act === 'spawn') expect(ALIVE).not.toContain(state);
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
