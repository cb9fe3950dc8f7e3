import { describe, expect, test } from 'vitest';
import type { PeerProcess } from '../../core/control/peer-process.ts';
import {
  isRoot,
  type SessionKey,
  Sessions,
  sessionAtTerminal,
  sessionBehind,
  sessionOf,
} from '../../core/control/sessions.ts';
import { createHandClock } from '../support/hand-clock.ts';
import { callerWith, PERSON } from './support/caller.ts';

const KEY: SessionKey = { uid: 1000, session: { id: 400, began: '12345' } };

function makeSessions(limitMs = 3_600_000) {
  const clock = createHandClock();
  const events: string[] = [];
  const sessions = new Sessions({ clock, limitMs: () => limitMs, onEvent: (event) => events.push(event) });
  return { clock, events, sessions };
}

describe('an elevated session', () => {
  test('is elevated until its time is over, and not from then on', () => {
    const { clock, events, sessions } = makeSessions();
    expect(sessions.find(KEY)).toBeNull();
    sessions.elevate(KEY, 60_000, 'a release');
    clock.advance(59_999);
    expect(sessions.find(KEY)).toMatchObject({ ...KEY, reason: 'a release' });
    clock.advance(1);
    expect([sessions.find(KEY), sessions.list()]).toEqual([null, []]);
    expect(events).toEqual(['session_elevated', 'session_ended']);
  });

  test('is no other: of another uid, number or beginning', () => {
    const { sessions } = makeSessions();
    sessions.elevate(KEY, 60_000, 'x');
    const others = [
      { ...KEY, uid: 1001 },
      { ...KEY, session: { ...KEY.session, id: 401 } },
      { ...KEY, session: { ...KEY.session, began: '12346' } },
      null,
    ];
    expect(others.map((key) => sessions.find(key))).toEqual([null, null, null, null]);
  });

  test('ends where it is dropped or kicked, once', () => {
    const { events, sessions } = makeSessions();
    sessions.elevate(KEY, 60_000, 'x');
    expect([sessions.drop(KEY), sessions.drop(KEY), sessions.find(KEY)]).toEqual([true, false, null]);
    for (const id of [400, 500, 600])
      sessions.elevate({ uid: 1000, session: { id, began: '1' } }, 60_000, 'x');
    expect([sessions.kick(500), sessions.kick(500), sessions.kick(null), sessions.kick(null)]).toEqual([
      1, 0, 2, 0,
    ]);
    expect(events.filter((event) => event === 'session_dropped')).toHaveLength(4);
  });

  test('may be elevated anew, for another time', () => {
    const { clock, sessions } = makeSessions();
    sessions.elevate(KEY, 60_000, 'x');
    clock.advance(30_000);
    sessions.elevate(KEY, 60_000, 'again');
    clock.advance(59_000);
    expect(sessions.find(KEY)?.reason).toBe('again');
    expect(sessions.list()).toHaveLength(1);
  });

  test('is elevated for no longer than the limit, and there are no more than 64', () => {
    const { sessions } = makeSessions(60_000);
    expect(() => sessions.elevate(KEY, 60_001, 'x')).toThrow('expected at most 60 seconds (elevation.limit)');
    for (let id = 1; id <= 64; id += 1)
      sessions.elevate({ uid: 1, session: { id, began: '1' } }, 60_000, 'x');
    expect(() => sessions.elevate(KEY, 60_000, 'x')).toThrow('64 sessions are elevated already');
  });
});

const withProcess = (changed: object) =>
  callerWith('admin', { process: { ...PERSON.process, ...changed } as never });

describe('the session of a caller', () => {
  test('is theirs by uid, number and beginning', () => {
    expect(sessionOf(callerWith())).toEqual(KEY);
  });

  test.each([
    ['whose process is gone', callerWith('admin', { process: null })],
    ['whose session has lost its first process', withProcess({ session: null })],
    ['that runs for a spoke', { ...callerWith('readonly'), principal: 'spoke:creds' }],
    ['that is not known', { ...callerWith(), identity: 'unknown' as const }],
  ])('is none of one %s', (_who, caller) => {
    expect([sessionOf(caller), sessionAtTerminal(caller), sessionBehind(caller)]).toEqual([null, null, null]);
  });

  test('is at a terminal or not', () => {
    expect(sessionAtTerminal(callerWith())).toEqual(KEY);
    expect(sessionAtTerminal(withProcess({ terminal: false, session: null }))).toBe('no terminal');
  });
});

describe('the session that root elevates', () => {
  const terminal = { id: 300, began: '9' };
  const own = { id: 400, began: '12345' };
  const shell = { pid: 9, uid: 1000, effective: 1000, session: terminal, terminal: true };
  const sudo = { ...shell, pid: 11, effective: 0 };
  const monitor = { ...sudo, pid: 12, session: own };
  // As su, doas and pkexec, which become root as a whole.
  const su = { ...sudo, uid: 0 };
  const above = (...processes: readonly object[]) => ({ above: processes as never });
  const root = (changed: Partial<PeerProcess>) =>
    callerWith('admin', {
      uid: 0,
      process: { ...(PERSON.process as PeerProcess), uid: 0, ...changed },
    });
  const OF_PERSON = { uid: 1000, session: terminal };
  const OF_ROOT = { uid: 0, session: own };
  const later = { ...terminal, began: '10' };

  test.each<[string, Partial<PeerProcess>, unknown]>([
    ['by sudo is that in which it was called', above(sudo, shell), OF_PERSON],
    ['by sudo in a session of its own is that too', above(monitor, sudo, shell), OF_PERSON],
    ['from a shell of root is that too', above(su, monitor, sudo, shell), OF_PERSON],
    ['by su is that too', above(su, shell), OF_PERSON],
    [
      'is of the last who called it',
      above(su, shell, { ...sudo, uid: 1001 }, { ...shell, uid: 1001 }),
      OF_PERSON,
    ],
    ['is that of sudo where who called it is gone', above(sudo, { ...shell, session: later }), OF_PERSON],
    ['is that of sudo where its parent cannot be read', above(sudo), OF_PERSON],
    ['is none where who called su is gone', above(su, { ...shell, session: { id: 2, began: '1' } }), null],
    ['is none where another has its number', above(su, { ...shell, session: later }), null],
    ['is none where its first process is gone', above({ ...sudo, session: null }), null],
    ['is none where that of su is', above({ ...su, session: null }, { ...shell, session: null }), null],
    ['is none without a terminal', above(monitor, { ...sudo, terminal: false }), 'no terminal'],
    ['is none of su without one', above(su, { ...shell, terminal: false }), 'no terminal'],
    ['is their own where nobody has called them', above(su), OF_ROOT],
    ['is none of root without a terminal', { terminal: false }, 'no terminal'],
  ])('%s', (_what, changed, expected) => {
    expect(sessionBehind(root(changed))).toEqual(expected);
  });

  test('is none for who has the rights of root and is somebody else', () => {
    const setId = root({ ...above(shell), uid: 1000, session: terminal });
    expect([isRoot(setId), sessionBehind(setId)]).toEqual([false, null]);
    const forSpoke = { ...root(above(sudo, shell)), principal: 'spoke:creds' };
    expect([isRoot(forSpoke), sessionBehind(forSpoke)]).toEqual([false, null]);
    expect(sessionBehind(withProcess(above(sudo, shell)))).toBeNull();
  });
});
