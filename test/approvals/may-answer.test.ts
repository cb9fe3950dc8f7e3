import { expect, test } from 'vitest';
import { type Asker, whyNotAnswer } from '../../core/approvals/may-answer.ts';
import type { Caller } from '../../core/control/caller.ts';
import { callerWith, PERSON } from '../control/support/caller.ts';
import { ELSEWHERE, OF_SPOKE, UNSURE } from './support.ts';

const HERE = { id: 400, began: '12345' };
const inSession = (session: typeof HERE | null, terminal = true, uid = 1000): Caller =>
  callerWith('admin', {
    uid,
    process: PERSON.process && { ...PERSON.process, session, terminal },
  });

const SPOKE: Asker = { principal: 'spoke:creds', session: null };
const PERSON_HERE: Asker = { principal: 'user:1000', session: { uid: 1000, session: HERE } };

const OWN_TERMINAL = 'your own command is yours to confirm only at the terminal at which you gave it';
const TWO = 'it takes somebody else than who asked (approvals.two_person)';
const NOT_A_PERSON = 'what runs for a spoke, or in a pid namespace of its own, answers nothing';
const NOBODY =
  'the kernel does not say who answers; install koffi, by which the daemon asks it, and restart the daemon';

test.each<[string, Asker, Caller, boolean, string | null]>([
  ['a person: to a spoke', SPOKE, inSession(HERE), false, null],
  ['a person without a terminal: to a spoke', SPOKE, inSession(HERE, false), false, null],
  ['a person: to a spoke where it takes two persons', SPOKE, inSession(HERE), true, null],
  ['who asked, at the same terminal', PERSON_HERE, inSession(HERE), false, null],
  ['who asked, without a terminal', PERSON_HERE, inSession(HERE, false), false, OWN_TERMINAL],
  ['who asked, at another terminal', PERSON_HERE, inSession({ ...HERE, id: 401 }), false, OWN_TERMINAL],
  [
    'who asked, in a later session of that number',
    PERSON_HERE,
    inSession({ ...HERE, began: '99999' }),
    false,
    OWN_TERMINAL,
  ],
  ['who asked, in a session that cannot be told', PERSON_HERE, inSession(null), false, OWN_TERMINAL],
  ['who asked in one', { ...PERSON_HERE, session: null }, inSession(HERE), false, OWN_TERMINAL],
  ['both in one', { ...PERSON_HERE, session: null }, inSession(null), false, OWN_TERMINAL],
  ['who asked, where it takes two persons', PERSON_HERE, inSession(HERE), true, TWO],
  ['another uid: to a person', PERSON_HERE, inSession({ ...HERE, id: 7 }, false, 0), false, null],
  ['another uid: to a person where it takes two', PERSON_HERE, inSession(HERE, true, 0), true, null],
  ['what runs for the spoke', SPOKE, OF_SPOKE, false, NOT_A_PERSON],
  ['what runs for a spoke: to a person', PERSON_HERE, OF_SPOKE, false, NOT_A_PERSON],
  ['a process in another namespace', SPOKE, ELSEWHERE, false, NOT_A_PERSON],
  ['a process that is gone', SPOKE, UNSURE, false, NOT_A_PERSON],
  ['somebody unknown', SPOKE, { ...inSession(HERE), identity: 'unknown' }, false, NOBODY],
])('%s: %#', (_who, asker, caller, twoPerson, why) => {
  expect(whyNotAnswer(caller, asker, { twoPerson })).toBe(why);
});
