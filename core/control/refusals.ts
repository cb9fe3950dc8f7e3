import type { RecordEvent } from '../open-state.ts';
import type { Clock } from '../powers.ts';
import type { Caller } from './caller.ts';

/** Refused requests that are recorded in a minute: whoever may connect at all must not fill the disk with them. */
const RECORDED = 20;
const MINUTE_MS = 60_000;

/** Records requests of the control socket that were refused, and how many more there were. */
export function refusalRecorder(recordEvent: RecordEvent, clock: Pick<Clock, 'monotonic'>) {
  let since = clock.monotonic();
  let count = 0;
  return ({ principal, tier }: Caller, command: string, why: string): void => {
    if (clock.monotonic() - since >= MINUTE_MS) {
      if (count > RECORDED) recordEvent('control_refused_more', null, { count: count - RECORDED });
      since = clock.monotonic();
      count = 0;
    }
    count += 1;
    if (count <= RECORDED) recordEvent('control_refused', null, { principal, tier, command, why });
  };
}
