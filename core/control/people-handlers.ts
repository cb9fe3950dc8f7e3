import type { SessionStatus } from '../../schemas/approvals.ts';
import type { ControlCommand } from '../../schemas/control.ts';
import type { Identity } from '../../schemas/control-shown.ts';
import { principalOf } from '../../schemas/subject.ts';
import type { Approvals } from '../approvals/approvals.ts';
import type { Grants } from '../approvals/grants.ts';
import { AxiumError } from '../errors.ts';
import { elevationBadge, questionsBadge } from '../hud/badges.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { type PersonExec, yesOf } from '../person-exec.ts';
import type { DecisionPoint } from '../policy/decision-point.ts';
import type { PeoplePolicy, Person } from '../policy/people.ts';
import type { Clock } from '../powers.ts';
import type { Caller } from './caller.ts';
import type { ChangeCount } from './change-count.ts';
import type { ControlHandlers } from './serve.ts';
import {
  type ElevatedSession,
  isRoot,
  type SessionKey,
  type Sessions,
  sessionAtTerminal,
  sessionBehind,
  sessionOf,
} from './sessions.ts';

/** What of the daemon is about people. */
export interface HostedPeople {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly sessions: Sessions;
  readonly approvals: Approvals;
  /** Counts how often the list of questions has changed. */
  readonly changes: ChangeCount;
  readonly grants: Grants;
  readonly exec: PersonExec;
  readonly jobs: Jobs;
  /** What decides by now. */
  readonly point: () => DecisionPoint;
  readonly isSpoke: (name: string) => boolean;
  /** Who can elevate a session. */
  readonly elevationAuth: () => 'self' | 'root';
}

type PeopleCommand = Extract<
  ControlCommand,
  | 'exec'
  | 'exec_result'
  | 'approvals'
  | 'approvals_wait'
  | 'approve'
  | 'reject'
  | 'modify'
  | 'veto'
  | 'grants_list'
  | 'grants_revoke'
  | 'elevate'
  | 'drop'
  | 'sessions'
  | 'sessions_kick'
>;

/** How long a client is let wait for a change before it has to ask again. */
const MAX_WAIT_MS = 20_000;

/** What the commands about people do. */
export function peopleHandlers(host: HostedPeople): Pick<ControlHandlers, PeopleCommand> {
  const { clock, sessions, approvals, changes, grants, exec, jobs } = host;
  const pending = () => ({ change: changes.count, approvals: approvals.list() });
  const shown = (session: ElevatedSession) => sessionStatus(session, clock.monotonic());
  return {
    exec: ({ command, cwd, background }, caller) =>
      exec.run({ command, cwd: cwd ?? null, background }, caller),
    exec_result: ({ approval }, caller) => exec.result(approval, caller),
    approvals: pending,
    approvals_wait: async ({ change }) => {
      await changes.after(change, MAX_WAIT_MS);
      return pending();
    },
    approve: async ({ approval, ...yes }, caller) => ({
      grant: await approvals.approve(approval, yesOf(yes), caller),
    }),
    reject: ({ approval, reason }, caller) => {
      approvals.reject(approval, reason, caller);
      return {};
    },
    modify: async ({ approval, command }, caller) => ({
      what: await approvals.modify(approval, command, caller),
    }),
    veto: async ({ spoke }, caller) => {
      if (!host.isSpoke(spoke))
        throw new AxiumError(
          'not_found',
          `spoke '${spoke}' not found; 'axium spoke list' shows those there are`,
        );
      const rejected = approvals.veto(principalOf({ spoke }), caller);
      return { rejected, jobs: await jobs.killAll(spoke) };
    },
    grants_list: () => ({ grants: grants.list() }),
    grants_revoke: async ({ grant }) => ({ grant: await grants.revoke(grant) }),
    elevate: ({ for_ms: forMs, reason }, caller) => {
      const key = elevatable(caller, host.elevationAuth());
      return { session: shown(sessions.elevate(key, forMs, reason)) };
    },
    drop: (_request, caller) => {
      // By sudo, what sudo has elevated.
      const dropped = [sessionOf(caller), sessionBehind(caller)].filter(
        (key) => key !== null && key !== 'no terminal' && sessions.drop(key),
      );
      return { dropped: dropped.length > 0 };
    },
    sessions: () => ({ sessions: sessions.list().map(shown) }),
    sessions_kick: ({ session }) => ({ ended: sessions.kick(session ?? null) }),
  };
}

/**
 * Throws `denied` where what decides does not let this person do it. Who is no person known by a session is at standard.
 */
export function requireAllowed(
  { point, sessions }: Pick<HostedPeople, 'point' | 'sessions'>,
  caller: Caller,
  what: string,
  allows: (policy: PeoplePolicy, person: Person) => boolean,
): void {
  const person = { tier: caller.tier, elevated: sessions.find(sessionOf(caller)) !== null };
  if (isAllowed(() => allows(point().people, person))) return;
  const remedy = person.elevated
    ? 'the policy denies it'
    : "it takes an elevated session; run 'axium elevate'";
  throw new AxiumError('denied', `${what}: ${remedy}`);
}

/** A policy that fails denies. */
function isAllowed(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}

/** The session of a caller, and for how long it is still elevated. */
export function standingOf(
  { sessions, clock }: Pick<HostedPeople, 'sessions' | 'clock'>,
  caller: Caller,
): Pick<Identity, 'session' | 'elevated_seconds'> {
  const key = sessionOf(caller);
  const elevated = sessions.find(key);
  return {
    session: key?.session.id ?? null,
    elevated_seconds: elevated && sessionStatus(elevated, clock.monotonic()).seconds_left,
  };
}

/** What the HUD shows of this: whether who is asking is elevated, and how many questions wait. */
export function peopleBadges(host: HostedPeople, caller: Caller): readonly string[] {
  const { elevated_seconds: seconds } = standingOf(host, caller);
  return [...elevationBadge(seconds), ...questionsBadge(host.approvals.list().length)];
}

/** The session that this caller may elevate. Throws `denied` where there is none. */
function elevatable(caller: Caller, auth: 'self' | 'root'): SessionKey {
  if (auth === 'root' && !isRoot(caller))
    throw new AxiumError(
      'denied',
      'elevation is for root to give here (elevation.auth); run sudo axium elevate',
    );
  const found = auth === 'root' ? sessionBehind(caller) : sessionAtTerminal(caller);
  if (found === 'no terminal') throw new AxiumError('denied', 'only a session at a terminal can be elevated');
  if (found === null) throw new AxiumError('denied', 'the session that this would elevate cannot be known');
  return found;
}

function sessionStatus({ uid, session, reason, until }: ElevatedSession, now: number): SessionStatus {
  return { uid, session: session.id, reason, seconds_left: Math.ceil((until - now) / 1000) };
}
