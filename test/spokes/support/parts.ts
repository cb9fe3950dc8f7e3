import { CommandTable } from '../../../spokes/runtime/command-table.mts';
import type { Parts } from '../../../spokes/runtime/make-axium.mts';
import { Timers, type TimeSource } from '../../../spokes/runtime/timers.mts';

/** The clock and timers of this process, which a test may have replaced by its own. */
export const TIME: TimeSource = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** What an Axium is made of beside the channel, where nothing of it may fail. */
export function makeParts(): Parts {
  const fail = (_what: string, error: unknown) => {
    throw error;
  };
  const listen = () => {
    throw new Error('nothing here is followed by events');
  };
  const [commands, timers] = [new CommandTable(fail), new Timers(TIME, 'UTC', fail)];
  return { commands, timers, environment: () => null, listen, report: fail };
}
