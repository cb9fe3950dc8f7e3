import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { startExitCodeOf } from '../schemas/exit-codes.ts';
import { shortPath } from '../schemas/places.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { within } from './patience.ts';
import { Refusal } from './refusal.ts';

/** The one line that a daemon writes to its ready descriptor. */
export type Readiness =
  | { readonly ok: true; readonly pid: number; readonly notes: readonly string[] }
  | { readonly ok: false; readonly code: string; readonly error: string };

export interface SpawnOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The daemon gets a session of its own and outlives the command. */
  readonly detached: boolean;
}

const PATIENCE_MS = 30_000;

/** Threads for file access: a mount that hangs holds some of them, and there must be more. Node reads it at its start. */
export const DAEMON_DEFAULTS = { UV_THREADPOOL_SIZE: '64' } as const;

/**
 * Starts a daemon and waits for its ready line, 30 seconds at most; then it is ended. Throws CliError where it could not
 * be started or ended without a line. An `ok: false` is the caller's to judge.
 */
export async function spawnDaemon(
  context: Pick<Context, 'root' | 'places' | 'home'>,
  { env, detached }: SpawnOptions,
): Promise<{ readonly child: ChildProcess; readonly readiness: Readiness }> {
  const child = spawn(process.execPath, [`${context.root}/dist/core/main.js`], {
    detached,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...DAEMON_DEFAULTS, ...env, AXIUM_READY_FD: '3' },
  });
  try {
    return { child, readiness: await readinessOf(child, shortPath(context.places.daemonLog, context.home)) };
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  } finally {
    if (detached) child.unref();
  }
}

async function readinessOf(child: ChildProcess, log: string): Promise<Readiness> {
  const unavailable = (message: string) => new CliError(EXIT.unavailable, message);
  const pipe = child.stdio[3] as Readable;
  const line = new Promise<string>((resolve, reject) => {
    let text = '';
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text);
    });
    pipe.once('close', () => resolve(text));
    pipe.once('error', reject);
    child.once('error', ({ message }) => reject(unavailable(`the daemon could not be started: ${message}`)));
  });
  const late = () => unavailable(`the daemon was not ready within 30 seconds and was ended; see ${log}`);
  try {
    const readiness = parseReadiness(await within(PATIENCE_MS, line, late));
    if (readiness === null) throw unavailable(`the daemon ended before it was ready; see ${log}`);
    return readiness;
  } finally {
    pipe.destroy();
  }
}

function parseReadiness(text: string): Readiness | null {
  try {
    const line: unknown = JSON.parse(text.split('\n')[0] ?? '');
    return typeof line === 'object' && line !== null && 'ok' in line ? (line as Readiness) : null;
  } catch {
    return null;
  }
}

/** A refusal of the daemon to start, as a failure of the command. */
export function startFailure({ code, error }: Extract<Readiness, { ok: false }>): Refusal {
  return new Refusal(code, error, startExitCodeOf(code));
}
