import { describe, expect, test } from 'vitest';
import { type SessionKey, Sessions, sessionBehind, sessionOf } from '../../core/control/sessions.ts';
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

describe('the session of a caller', () => {
  const withProcess = (changed: object) =>
    callerWith('admin', { process: { ...PERSON.process, ...changed } as never });

  test('is theirs by uid, number and beginning', () => {
    expect(sessionOf(callerWith())).toEqual(KEY);
  });

  test.each([
    ['whose process is gone', callerWith('admin', { process: null })],
    ['whose session has lost its first process', withProcess({ session: null })],
    ['that runs for a spoke', { ...callerWith('readonly'), principal: 'spoke:creds' }],
    ['that is not known', { ...callerWith(), identity: 'unknown' as const }],
  ])('is none of one %s', (_who, caller) => {
    expect([sessionOf(caller), sessionBehind(caller)]).toEqual([null, null]);
  });

  test('is, for root, that of the nearest process above that is not root', () => {
    const terminal = { id: 300, began: '9' };
    const above = [
      { pid: 11, uid: 0, session: { id: 10, began: '7' } },
      { pid: 9, uid: 1000, session: terminal },
      { pid: 3, uid: 1001, session: { id: 3, began: '1' } },
    ];
    const sudo = callerWith('admin', { uid: 0, process: { ...PERSON.process, above } as never });
    expect(sessionBehind(sudo)).toEqual({ uid: 1000, session: terminal });
    const root = callerWith('admin', { uid: 0 });
    expect(sessionBehind(root)).toEqual({ uid: 0, session: KEY.session });
  });

  test('is of nobody else for who is not root', () => {
    const above = [{ pid: 9, uid: 1001, session: { id: 300, began: '9' } }];
    expect(sessionBehind(withProcess({ above }))).toEqual(KEY);
  });
});
