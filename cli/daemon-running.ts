import type { ControlReplies } from '../schemas/control-replies.ts';
import { isStrict, shortPath } from '../schemas/places.ts';
import { serviceVariables } from '../schemas/service.ts';
import { ask, connectTo, DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { within } from './patience.ts';
import { type Readiness, spawnDaemon, startFailure } from './spawn-daemon.ts';

type Pong = ControlReplies['ping'];

/** The running daemon's answer to a ping, or null where none runs. */
export async function findDaemon(context: Context): Promise<Pong | null> {
  return orNull(request(context, 'ping'));
}

/** Starts a daemon that outlives this command. Null where one runs already. */
export async function startDaemon(context: Context): Promise<Extract<Readiness, { ok: true }> | null> {
  // A terminal can be a service itself, and what is said in its name would be taken as said by it.
  const its = new Set(serviceVariables(context.env));
  const env = Object.fromEntries(Object.entries(context.env).filter(([name]) => !its.has(name)));
  const { readiness } = await spawnDaemon(context, { env, detached: true });
  if (readiness.ok) return readiness;
  if (readiness.code === 'exists') return null;
  throw startFailure(readiness);
}

const END_PATIENCE_MS = 15_000;

/**
 * Ends the running daemon and returns once its process is gone, 15 seconds at most: the kernel closes the connection
 * with the process. False where none runs.
 */
export async function stopDaemon(context: Context): Promise<boolean> {
  const socket = await orNull(connectTo(context.places.socket));
  if (socket === null) return false;
  try {
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    await ask(socket, 'shutdown').catch((error: unknown) => {
      // A daemon that is gone before it could answer has done what was asked.
      if (!socket.destroyed || !(error instanceof CliError) || error.exitCode !== EXIT.unavailable)
        throw error;
    });
    const log = shortPath(context.places.daemonLog, context.home);
    const late = () => new CliError(EXIT.busy, `the daemon has not ended within 15 seconds; see ${log}`);
    await within(END_PATIENCE_MS, closed, late);
    return true;
  } finally {
    socket.destroy();
  }
}

/**
 * Throws where the running daemon is strict and the caller's environment is not, or the other way round; `hint` says what
 * to do about it.
 */
export async function verifyStrictness(context: Context, hint = ''): Promise<Pong> {
  const wanted = isStrict(context.env);
  const pong = await request(context, 'ping');
  if (agrees(pong, wanted)) return pong;
  throw new CliError(
    EXIT.internal,
    `strict mode is ${pong.strict ? 'on' : 'off'} in the daemon, though AXIUM_PERMS_STRICT asks for ${wanted ? 'on' : 'off'}${hint}`,
  );
}

/** Where the policy of the host has turned it on, nobody's environment turns it off. */
export function agrees({ strict, strict_by_host }: Pong, wanted: boolean): boolean {
  return strict === wanted || (strict && strict_by_host === true);
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DaemonNotRunning) return null;
    throw error;
  }
}
