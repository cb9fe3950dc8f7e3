/** Where a spoke stands, and what can happen to it. */
export const STATES = ['stopped', 'starting', 'ready', 'stopping', 'failed'] as const;
export type State = (typeof STATES)[number];

export const EVENTS = [
  'start',
  'registered',
  'refused',
  'timed-out',
  'breached',
  'overused',
  'stop',
  'exited',
] as const;
export type LifecycleEvent = (typeof EVENTS)[number];

/** What the supervisor has to do on a transition. */
export type Act = 'spawn' | 'kill' | 'ask-to-stop' | 'nothing';

export interface Transition {
  readonly to: State;
  readonly act: Act;
}

/**
 * The whole life of a spoke as a table. A pair that is not in it changes nothing: late events of a process that is gone
 * are no surprise.
 */
const TABLE: Readonly<Record<State, Partial<Record<LifecycleEvent, Transition>>>> = {
  stopped: { start: { to: 'starting', act: 'spawn' } },
  starting: {
    registered: { to: 'ready', act: 'nothing' },
    refused: { to: 'failed', act: 'kill' },
    'timed-out': { to: 'failed', act: 'kill' },
    breached: { to: 'failed', act: 'kill' },
    overused: { to: 'failed', act: 'kill' },
    stop: { to: 'stopping', act: 'kill' },
    exited: { to: 'failed', act: 'nothing' },
  },
  ready: {
    breached: { to: 'failed', act: 'kill' },
    overused: { to: 'failed', act: 'kill' },
    stop: { to: 'stopping', act: 'ask-to-stop' },
    exited: { to: 'failed', act: 'nothing' },
  },
  stopping: {
    'timed-out': { to: 'stopping', act: 'kill' },
    breached: { to: 'stopping', act: 'kill' },
    exited: { to: 'stopped', act: 'nothing' },
  },
  failed: { start: { to: 'starting', act: 'spawn' } },
};

export function transition(state: State, event: LifecycleEvent): Transition {
  return TABLE[state][event] ?? { to: state, act: 'nothing' };
}
