/** Where a spoke stands. */
export const STATES = [
  'stopped',
  'starting',
  'ready',
  'stopping',
  // Its process has failed and is being ended; after that it is tried again, or not any more.
  'failing',
  'condemned',
  // Nothing runs: until the next try, or until somebody lifts it.
  'backoff',
  'quarantined',
  // Of a spoke that is started on demand: nothing runs until something asks for it.
  'idle',
  // Its process had nothing to do and is ending: after that it is idle, or is started again since something asked for it.
  'retiring',
  'recalled',
] as const;
export type State = (typeof STATES)[number];

/** What can happen to it. */
export const EVENTS = [
  'start',
  'registered',
  'refused',
  'timed-out',
  'silent',
  'breached',
  'overused',
  // Its sandbox is refused: nothing would change by trying again.
  'unstartable',
  'stop',
  'exited',
  // The process is gone, after as many failures in a row as there may be.
  'exhausted',
  'retry',
  // It is to run on demand from now on.
  'stand-by',
  // Something asks for it. What has failed, or was stopped by hand, is not started by that.
  'wake',
  // It has had nothing to do for as long as it may.
  'unused',
] as const;
export type LifecycleEvent = (typeof EVENTS)[number];

/** What has to be done on a transition. */
export type Act =
  | 'spawn'
  | 'kill'
  | 'ask-to-stop'
  // It was asked already.
  | 'await-end'
  | 'watch'
  | 'wait'
  | 'nothing';

export interface Transition {
  readonly to: State;
  readonly act: Act;
}

const FAILS = { to: 'failing', act: 'kill' } as const;
const IS_CONDEMNED = { to: 'condemned', act: 'kill' } as const;
const WAITS = { to: 'backoff', act: 'wait' } as const;
const IS_QUARANTINED = { to: 'quarantined', act: 'nothing' } as const;
const SPAWNS = { to: 'starting', act: 'spawn' } as const;
const IS_STOPPED = { to: 'stopped', act: 'nothing' } as const;
const IS_IDLE = { to: 'idle', act: 'nothing' } as const;
const IS_RECALLED = { to: 'recalled', act: 'await-end' } as const;

/**
 * The whole life of a spoke as a table. A pair that is not in it changes nothing: late events of a process that is gone
 * are no surprise. No state without a process is reached but by the end of the process, so that a next one never meets
 * it.
 */
const TABLE: Readonly<Record<State, Partial<Record<LifecycleEvent, Transition>>>> = {
  stopped: { start: SPAWNS, 'stand-by': IS_IDLE },
  starting: {
    registered: { to: 'ready', act: 'watch' },
    refused: FAILS,
    'timed-out': FAILS,
    breached: IS_CONDEMNED,
    overused: FAILS,
    unstartable: IS_QUARANTINED,
    stop: { to: 'stopping', act: 'kill' },
    exited: WAITS,
    exhausted: IS_QUARANTINED,
  },
  ready: {
    silent: FAILS,
    breached: IS_CONDEMNED,
    overused: FAILS,
    stop: { to: 'stopping', act: 'ask-to-stop' },
    unused: { to: 'retiring', act: 'ask-to-stop' },
    exited: WAITS,
    exhausted: IS_QUARANTINED,
  },
  stopping: {
    'timed-out': { to: 'stopping', act: 'kill' },
    breached: { to: 'stopping', act: 'kill' },
    unstartable: IS_STOPPED,
    exited: IS_STOPPED,
    exhausted: IS_STOPPED,
  },
  failing: {
    // What it had sent before it was ended can still be a breach.
    breached: { to: 'condemned', act: 'nothing' },
    stop: { to: 'stopping', act: 'nothing' },
    exited: WAITS,
    exhausted: IS_QUARANTINED,
  },
  condemned: {
    stop: { to: 'stopping', act: 'nothing' },
    exited: IS_QUARANTINED,
    exhausted: IS_QUARANTINED,
  },
  backoff: { start: SPAWNS, retry: SPAWNS, stop: IS_STOPPED },
  quarantined: { start: SPAWNS, stop: IS_STOPPED },
  idle: { start: SPAWNS, wake: SPAWNS, stop: IS_STOPPED },
  // However it ends now, it was asked to: that is no failure. To break the rules or take too much stays one.
  retiring: {
    wake: IS_RECALLED,
    start: IS_RECALLED,
    'timed-out': { to: 'retiring', act: 'kill' },
    breached: IS_CONDEMNED,
    overused: FAILS,
    stop: { to: 'stopping', act: 'await-end' },
    exited: IS_IDLE,
    exhausted: IS_IDLE,
  },
  recalled: {
    'timed-out': { to: 'recalled', act: 'kill' },
    breached: IS_CONDEMNED,
    overused: FAILS,
    stop: { to: 'stopping', act: 'await-end' },
    exited: SPAWNS,
    exhausted: SPAWNS,
  },
};

export function transition(state: State, event: LifecycleEvent): Transition {
  return TABLE[state][event] ?? { to: state, act: 'nothing' };
}

/** Whether the last process of a spoke has failed, or is failing. */
export function hasFailed(state: State): boolean {
  return FAILED.has(state);
}

const FAILED: ReadonlySet<State> = new Set(['failing', 'condemned', 'backoff', 'quarantined']);
