import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import type { Start } from '../../schemas/wire.ts';
import { type ChannelListener, Client } from './client.mts';
import { CommandTable } from './command-table.mts';
import { EventTable } from './event-table.mts';
import { explainFailure } from './explain-failure.mts';
import { loadRegister } from './load-register.mts';
import { makeAxium, makeEvents } from './make-axium.mts';
import { withFallback } from './memory-usage.mts';
import { openChannel } from './open-channel.mts';
import { Timers, type TimeSource } from './timers.mts';

/** Milliseconds that a spoke has to wind up, and to get its last words out. */
const GRACE = 1000;

const TIME: TimeSource = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** The first code of every spoke: opens the channel, learns what it is, runs the spoke's `register`. */
async function main(): Promise<void> {
  process.memoryUsage = withFallback(process.memoryUsage, {
    peakKibibytes: () => process.resourceUsage().maxRSS,
    // By a call, since most spokes never ask: to import it would make each of them start later.
    heap: () => process.getBuiltinModule('node:v8').getHeapStatistics(),
  });
  const events = new EventTable((name, error) => say(`a handler of '${name}' failed: ${inspect(error)}`));
  const commands = new CommandTable((name, error) => say(`the command '${name}' failed: ${inspect(error)}`));
  let environment: string | null = null;
  const listener: ChannelListener = {
    event: (event) => {
      switch (event.event) {
        case 'shutdown':
          return void shutDown();
        // No request of the spoke's: it is there as long as its event loop turns.
        case 'heartbeat':
          return void client.tell({ cmd: 'alive' });
        case 'command':
          return void commands.run(event, (request) => client.request(request));
        case 'env_change':
          environment = event.new;
          return void events.deliver(event.event, event.new, event.old);
        case 'spoke_loaded':
          return void events.deliver(event.event, event.spoke);
        case 'due':
          return void events.deliver(event.event, event.timer);
        default:
          return void events.deliver(event.event);
      }
    },
    close: (fault) => {
      if (fault !== null) say(fault);
      // Not at once: whoever waits for an answer first learns that there will be none.
      setImmediate(() => process.exit(fault === null ? 0 : 1));
    },
  };
  // Not an immediate: going round the event loop takes as long as all that is done for one request.
  const onceDrained = (call: () => void) => queueMicrotask(() => process.nextTick(call));
  const client: Client = new Client(await openOrExit(), listener, onceDrained);
  const shutDown = async () => {
    await bounded(events.deliver('shutdown').then(() => client.flush()));
    process.exit(0);
  };
  const hello = await client.request({ cmd: 'hello', api: 1 });
  if (!hello.ok) {
    say(`the daemon refused this runtime: ${hello.error}`);
    process.exit(1);
  }
  const start = hello.start as Start;
  environment = start.environment ?? null;
  try {
    const register = await loadRegister(start);
    const self = { name: start.spoke, version: start.version };
    const report = (what: string, error: unknown) => say(`a handler of ${what} failed: ${inspect(error)}`);
    const axium = makeAxium((request) => client.request(request), self, {
      commands,
      environment: () => environment,
      timers: new Timers(TIME, start.time_zone, report),
      listen: (request, onEvent) => client.listen(request, onEvent),
      report,
    });
    await register(axium, makeEvents(events));
  } catch (error) {
    // First the log: a daemon that hears of a failure ends the process.
    say(inspect(error));
    // Until the daemon has it: what it sends to a process that is gone closes the channel, and what lies in it is lost.
    await bounded(client.request({ cmd: 'failed', error: explainFailure(error, start.module) }));
    process.exit(1);
  }
  await client.tell({ cmd: 'ready' });
}

async function openOrExit(): Promise<Duplex> {
  try {
    return await openChannel(process.argv[1] ?? '');
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/** Resolves when the work is done, and after the grace if it is not. */
async function bounded(work: Promise<unknown>): Promise<void> {
  await Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, GRACE))]);
}

function say(text: string): void {
  process.stderr.write(`axium: ${text}\n`);
}

void main();
