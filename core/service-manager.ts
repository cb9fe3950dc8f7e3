import type { ChildProcess } from 'node:child_process';
import { SYSTEMD_NOTIFY } from '../schemas/service.ts';
import type { Powers } from './powers.ts';

/** Tells the service manager how the daemon stands. No call throws, waits, or keeps the daemon from what it does. */
export interface ServiceManager {
  /** The daemon serves. From here on the watchdog is fed, as long as the daemon gets around to it. */
  readonly ready: () => void;
  /** The daemon is about to end. */
  readonly stopping: () => void;
}

type Needed = Pick<Powers, 'spawn' | 'clock' | 'log'>;

/**
 * The service manager that the environment of the daemon's start names, over `systemd-notify`; where it names none, nobody
 * is told anything. `pid` is the daemon's own. `program` is an absolute path.
 */
export function serviceManager(
  powers: Needed,
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
  program: string = SYSTEMD_NOTIFY,
): ServiceManager {
  const { NOTIFY_SOCKET: socket } = env;
  if (!socket) return { ready: () => {}, stopping: () => {} };
  const tell = createTeller(powers, program, socket);
  const everyMs = feedingInterval(env, pid);
  let feeding = true;
  const feed = () => {
    if (!feeding || everyMs === null) return;
    powers.clock.after(everyMs, () => {
      if (!feeding) return;
      tell('WATCHDOG=1');
      feed();
    });
  };
  return {
    ready() {
      tell('READY=1');
      feed();
    },
    stopping() {
      feeding = false;
      tell('STOPPING=1');
    },
  };
}

/** Half of what the watchdog allows, in milliseconds; null where it does not watch this process. */
function feedingInterval(
  { WATCHDOG_USEC: usec = '', WATCHDOG_PID: watched }: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | null {
  if (!/^[1-9]\d{0,14}$/.test(usec)) return null;
  if (watched !== undefined && watched !== String(pid)) return null;
  // A timer of Node holds no more than 31 bits.
  return Math.min(Math.max(Math.floor(Number(usec) / 2000), 1), 2 ** 31 - 1);
}

function createTeller({ spawn, log }: Needed, program: string, socket: string): (state: string) => void {
  let silent = false;
  let feeding: ChildProcess | null = null;
  const failed = (state: string, why: string) => {
    if (!silent) log.warn('the service manager could not be told', { state, program, why });
    // The watchdog would repeat it for as long as the daemon runs.
    silent = true;
  };
  return (state) => {
    const isFood = state === 'WATCHDOG=1';
    // A service manager that does not take it is told again once it has taken the one before: none pile up.
    if (isFood && feeding) return;
    try {
      const child = spawn(program, [state], { env: { NOTIFY_SOCKET: socket }, cwd: '/', stdio: 'ignore' });
      if (isFood) feeding = child;
      const over = () => {
        if (feeding === child) feeding = null;
      };
      child.once('error', ({ message }) => {
        over();
        failed(state, message);
      });
      child.once('exit', (code, signal) => {
        over();
        if (code !== 0) failed(state, `it ended with ${code ?? signal}`);
      });
    } catch (error) {
      failed(state, String(error));
    }
  };
}
