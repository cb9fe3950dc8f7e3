import { connect, type Socket } from 'node:net';
import type { ControlCommand, ControlRequest } from '../schemas/control.ts';
import type { ControlReplies } from '../schemas/control-replies.ts';
import { socketProblem } from '../schemas/places.ts';
import type { Response } from '../schemas/wire.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { Refusal } from './refusal.ts';

/** Nothing listens on the control socket. */
export class DaemonNotRunning extends CliError {
  constructor() {
    super(EXIT.unavailable, "the daemon is not running; start it with 'axium daemon start'");
  }
}

export type Fields<C extends ControlCommand> = Omit<ControlRequest<C>, 'cmd' | 'id'>;

const PATIENCE_MS = 30_000;
/** A spoke has a minute for a command of its own, beside its start; for a person, and for what a person runs, no time is known (0). */
const PATIENT_MS: Partial<Record<ControlCommand, number>> = {
  spoke_run: 90_000,
  exec: 0,
  exec_result: 0,
};
/** Characters. The longest answer is the log of a job or of a spoke; the cap only keeps a broken peer in bounds. */
const MAX_ANSWER = 67_108_864;

/**
 * One request to the daemon, over a connection of its own. Throws DaemonNotRunning, Refusal for an answer that is no,
 * and CliError 69 where there is no answer within 30 seconds.
 */
export async function request<C extends ControlCommand>(
  { places }: Pick<Context, 'places'>,
  cmd: C,
  ...[fields]: Record<never, never> extends Fields<C> ? [Fields<C>?] : [Fields<C>]
): Promise<ControlReplies[C]> {
  const socket = await connectTo(places.socket);
  try {
    return await ask(socket, cmd, fields);
  } finally {
    socket.destroy();
  }
}

/** Nothing is there, or nobody listens; at last the daemon that listened has ended before it took the connection. */
const NOBODY_LISTENS = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ECONNRESET']);

/** Connects to the control socket. Throws DaemonNotRunning, and CliError for whatever else is in the way. */
export async function connectTo(path: string): Promise<Socket> {
  const problem = socketProblem(path);
  if (problem !== null) throw new CliError(EXIT.configuration, problem);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => reject(connectFailure(path, code)));
  });
}

function connectFailure(path: string, code: string): CliError {
  if (NOBODY_LISTENS.has(code)) return new DaemonNotRunning();
  if (code === 'EAGAIN') return new CliError(EXIT.busy, 'the daemon has too many callers now; try again');
  return new CliError(EXIT.unavailable, `${path}: the daemon cannot be reached (${code})`);
}

/** Sends one request and reads its answer; the connection stays open. */
export async function ask<C extends ControlCommand>(
  socket: Socket,
  cmd: C,
  fields?: object,
): Promise<ControlReplies[C]> {
  const line = firstLine(socket, PATIENT_MS[cmd] ?? PATIENCE_MS);
  socket.write(`${JSON.stringify({ id: 1, cmd, ...fields })}\n`);
  return readAnswer(await line);
}

function firstLine(socket: Socket, patienceMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const unavailable = (message: string) => reject(new CliError(EXIT.unavailable, message));
    socket.setEncoding('utf8');
    socket.setTimeout(patienceMs, () =>
      unavailable(`the daemon did not answer within ${patienceMs / 1000} seconds; see 'axium daemon logs'`),
    );
    socket.on('data', (chunk: string) => {
      text += chunk;
      // Only the chunk is searched, so that a long answer stays linear.
      if (chunk.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
      else if (text.length > MAX_ANSWER) unavailable('the answer of the daemon has no end');
    });
    const gone = () =>
      unavailable("the daemon closed the connection without an answer; see 'axium daemon logs'");
    socket.once('error', gone);
    socket.once('close', gone);
  });
}

function readAnswer<C extends ControlCommand>(line: string): ControlReplies[C] {
  const answer = parseAnswer(line);
  if (!answer.ok) throw new Refusal(answer.code, answer.error);
  const { id: _id, ok: _ok, ...reply } = answer;
  return reply as unknown as ControlReplies[C];
}

function parseAnswer(line: string): Response {
  try {
    const answer: unknown = JSON.parse(line);
    if (typeof answer === 'object' && answer !== null && 'ok' in answer) return answer as Response;
  } catch {
    // Told below, together with JSON of another shape.
  }
  throw new CliError(
    EXIT.internal,
    "what answered is not the daemon of this version; try 'axium daemon restart'",
  );
}
