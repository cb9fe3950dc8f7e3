import { AxiumError } from '../errors.ts';
import type { Clock } from '../powers.ts';
import type { Caller } from './caller.ts';
import type { KernelSession, PeerProcess } from './peer-process.ts';

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

/** The same of somebody at a terminal. Elsewhere the process that began the session is often gone, and it is no key either. */
export function sessionAtTerminal(caller: Caller): SessionKey | 'no terminal' | null {
  const { identity } = caller;
  return identity !== 'unknown' && identity.process?.terminal === false ? 'no terminal' : sessionOf(caller);
}

/** True for root, and not for a set-id program that somebody else has called. */
export function isRoot({ identity, principal }: Caller): boolean {
  return identity !== 'unknown' && principal === 'user:0' && identity.process?.uid === 0;
}

/**
 * The session that is meant where root elevates one. With `sudo` it is that in which it was called: it can give its command
 * a session and a terminal of its own, and has it run by another of its kind, but stays in the first itself. Without one it
 * is root's.
 */
export function sessionBehind(caller: Caller): SessionKey | 'no terminal' | null {
  if (caller.identity === 'unknown' || caller.identity.process === null || !isRoot(caller)) return null;
  const { process } = caller.identity;
  const first = process.above.findIndex(({ uid, effective }) => uid !== 0 && effective !== 0);
  const roots = first < 0 ? process.above : process.above.slice(0, first);
  const [topmost, person] = [roots.at(-1) ?? process, process.above[first]];
  // A set-id program is still known by who called it, whatever has become of them.
  if (topmost.uid !== 0) return keyOf(topmost);
  if (!person) return sessionAtTerminal(caller);
  // Who called it can be gone: what is above in their place is somebody else, as the systemd of that user.
  return isSame(topmost.session, person.session) ? keyOf(person) : null;
}

function keyOf({ uid, session, terminal }: Pick<PeerProcess, 'uid' | 'session' | 'terminal'>) {
  if (!terminal) return 'no terminal';
  return session && { uid, session };
}

function isSame(a: KernelSession | null, b: KernelSession | null): boolean {
  return a !== null && b !== null && a.id === b.id && a.began === b.began;
}
