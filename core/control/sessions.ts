import { AxiumError } from '../errors.ts';
import type { Clock } from '../powers.ts';
import type { Caller } from './caller.ts';
import type { KernelSession } from './peer-process.ts';

/** A person at a terminal: who, and the session of the kernel in which they are. */
export interface SessionKey {
  readonly uid: number;
  readonly session: KernelSession;
}

export interface ElevatedSession extends SessionKey {
  readonly reason: string;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

export interface SessionsInput {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** How long an elevation may be at most, in milliseconds. */
  readonly limitMs: () => number;
  readonly onEvent: (
    event: 'session_elevated' | 'session_dropped' | 'session_ended',
    of: ElevatedSession,
  ) => void;
}

/** So many sessions can be elevated at once. */
const MAX_ELEVATED = 64;

/**
 * Which sessions are elevated, and until when. A session is known by its number and by when its first process began, so that
 * one that gets the same number later is another; what it was given ends with the time, and with the daemon.
 */
export class Sessions {
  readonly #input: SessionsInput;
  readonly #elevated = new Map<string, ElevatedSession>();

  constructor(input: SessionsInput) {
    this.#input = input;
  }

  /** Elevates a session from now on. Throws `too_large` for longer than may be. */
  elevate(key: SessionKey, forMs: number, reason: string): ElevatedSession {
    const limit = this.#input.limitMs();
    if (forMs > limit)
      throw new AxiumError('too_large', `for: expected at most ${limit / 1000} seconds (elevation.limit)`);
    this.#forgetPast();
    if (this.#elevated.size >= MAX_ELEVATED && !this.#elevated.has(nameOf(key)))
      throw new AxiumError(
        'busy',
        `${MAX_ELEVATED} sessions are elevated already; end one with 'axium sessions kick'`,
      );
    const session = { ...key, reason, until: this.#input.clock.monotonic() + forMs };
    this.#elevated.set(nameOf(key), session);
    this.#input.clock.after(forMs, () => this.#forgetPast());
    this.#input.onEvent('session_elevated', session);
    return session;
  }

  /** Ends what a session was given. False where that was nothing. */
  drop(key: SessionKey): boolean {
    const session = this.find(key);
    this.#elevated.delete(nameOf(key));
    if (session) this.#input.onEvent('session_dropped', session);
    return session !== null;
  }

  /** Ends what a session of this number was given, or all of them. How many there were. */
  kick(id: number | null): number {
    const kicked = this.list().filter(({ session }) => id === null || session.id === id);
    return kicked.filter((session) => this.drop(session)).length;
  }

  /** The session where it is elevated now, else null. */
  find(key: SessionKey | null): ElevatedSession | null {
    const session = key && this.#elevated.get(nameOf(key));
    return session && this.#input.clock.monotonic() < session.until ? session : null;
  }

  list(): readonly ElevatedSession[] {
    return [...this.#elevated.values()].filter((session) => this.find(session) !== null);
  }

  #forgetPast(): void {
    for (const [name, session] of this.#elevated) {
      if (this.#input.clock.monotonic() < session.until) continue;
      this.#elevated.delete(name);
      this.#input.onEvent('session_ended', session);
    }
  }
}

function nameOf({ uid, session }: SessionKey): string {
  return `${uid}:${session.id}:${session.began}`;
}

/** The session of who is asking; null for what is no person, or of whom too little is known. */
export function sessionOf({ identity, principal }: Caller): SessionKey | null {
  if (identity === 'unknown' || !principal.startsWith('user:')) return null;
  const { uid, process } = identity;
  return process?.session ? { uid, session: process.session } : null;
}

/**
 * The session that is meant where root asks for elevation: with `sudo` it is that of who called it, the nearest process
 * above that is not root's, since sudo can give its command a session of its own. Without one it is root's.
 */
export function sessionBehind(caller: Caller): SessionKey | null {
  const { identity } = caller;
  if (identity === 'unknown' || identity.uid !== 0) return sessionOf(caller);
  const person = identity.process?.above.find(({ uid }) => uid !== 0);
  if (!person) return sessionOf(caller);
  return person.session ? { uid: person.uid, session: person.session } : null;
}
