import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { placesFor } from '../../schemas/places.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { spawnDaemon, startFailure } from '../spawn-daemon.ts';

/** Where a private daemon is at home, and its AXIUM_HOME. */
export interface PrivateHome {
  readonly home: string;
  readonly axium: string;
}

export interface PrivateDaemon {
  /** The world as the private daemon sees it, for requests to it. */
  readonly context: Context;
  readonly notes: readonly string[];
  /** Aborts when the user interrupts the command, and when the daemon ends before it was asked to. */
  readonly broken: AbortSignal;
}

const KILL_AFTER_MS = 5000;

/** Runs a daemon on files of its own for as long as `use` takes; it has ended when this settles, however that ends. */
export async function withPrivateDaemon<T>(
  context: Context,
  { home, axium }: PrivateHome,
  use: (daemon: PrivateDaemon) => Promise<T>,
): Promise<T> {
  const env = { HOME: home, AXIUM_HOME: axium, PATH: context.env.PATH, LANG: context.env.LANG };
  const own: Context = { ...context, env, home, places: placesFor(env, home) };
  const broken = new AbortController();
  const interrupt = () =>
    broken.abort(new CliError(INTERRUPTED, 'interrupted; the private daemon was ended'));
  // Each of them: the second of two would end this at once, and leave the daemon behind.
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const { child, readiness } = await spawnDaemon(own, { env, detached: false });
  const early = new CliError(EXIT.internal, `the private daemon ended early; see ${own.places.daemonLog}`);
  const ended = () => broken.abort(early);
  child.once('exit', ended);
  if (hasEnded(child)) ended();
  try {
    if (!readiness.ok) throw startFailure(readiness);
    broken.signal.throwIfAborted();
    const result = await use({ context: own, notes: readiness.notes, broken: broken.signal });
    broken.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (!readiness.ok) throw error;
    throw broken.signal.aborted ? broken.signal.reason : error;
  } finally {
    child.off('exit', ended);
    await end(child);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** The exit code of what the user has interrupted. */
export const INTERRUPTED = 130;

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  const force = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(force);
}
