import { nextExpiry } from '../policy/expiry.ts';
import type { Policy } from '../policy/policy.ts';
import type { Clock, Timer } from '../powers.ts';

export interface ExpiryWatchInput {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Every policy that counts now. */
  readonly policies: () => readonly Policy[];
  /** The time has come, or may have, for a rule to end. */
  readonly onExpiry: () => void;
}

/**
 * The longest single wait. A timer stands still while the machine sleeps and does not see that the clock was set, so what
 * ends far away is waited for in steps: after either, a rule ends at most so long too late.
 */
const MAX_STEP_MS = 15_000;

export interface ExpiryWatch {
  /** Waits for the next expiry there is by now. */
  readonly rearm: () => void;
  readonly close: () => void;
}

/** Calls when a rule expires. Decisions need no such call, since each looks at the time by itself; what runs does. */
export function watchExpiries({ clock, policies, onExpiry }: ExpiryWatchInput): ExpiryWatch {
  let timer: Timer | null = null;
  let closed = false;
  const rearm = () => {
    timer?.cancel();
    timer = null;
    const now = clock.now();
    const next = closed ? null : nextExpiry(policies(), now);
    if (next === null) return;
    timer = clock.after(Math.min(next - now, MAX_STEP_MS), () => {
      if (clock.now() >= next) onExpiry();
      rearm();
    });
  };
  return {
    rearm,
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
