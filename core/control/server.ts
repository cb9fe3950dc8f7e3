import type { Server, Socket } from 'node:net';
import type { Failure, Response } from '../../schemas/wire.ts';
import { encodeLine, LineSplitter } from '../channel/framing.ts';
import type { Caller } from './caller.ts';
import { Seats } from './seats.ts';

const MAX_LINE = 65_536;
const NEWLINE = Buffer.from('\n');

/** Answers one request of the control socket. Never rejects. */
export type ServeControl = (body: unknown, caller: Caller) => Promise<Response>;

/**
 * The control socket: newline-delimited JSON, one answer a request, in order. A connection that breaks the rules is told
 * so and closed; it costs a bounded amount of memory whatever it does. Where there are too many connections, those that
 * ask for nothing are closed.
 */
export function attachControl(
  server: Server,
  callerOf: (socket: Socket) => Caller,
  serve: ServeControl,
): void {
  const seats = new Seats();
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    // Now, and not with the first request: what connected may have become something else by then.
    const caller = callerOf(socket);
    if (seats.admit(socket)) attend(socket, (body) => serve(body, caller), seats);
    else socket.end(encodeLine(failure('busy', 'too many requests are being answered; try again')));
  });
}

function attend(socket: Socket, serve: (body: unknown) => Promise<Response>, seats: Seats): void {
  const splitter = new LineSplitter(MAX_LINE);
  const waiting: string[] = [];
  let busy = false;
  let ended = false;
  // A client may end its side once it has asked, and still reads its answers.
  socket.allowHalfOpen = true;
  socket.on('data', take);
  socket.on('end', () => {
    ended = true;
    // The last line may lack its end. One that was refused has been told so.
    if (!socket.writableEnded) take(NEWLINE);
  });

  function take(bytes: Buffer): void {
    const { lines, fault } = splitter.push(bytes);
    waiting.push(...lines.filter((line) => line.trim() !== ''));
    // Nothing more is read while there is something to answer: a client that does not read its answers costs no more.
    if (waiting.length > 0) socket.pause();
    void work();
    if (fault !== null) refuse(`${fault}; expected lines of at most ${MAX_LINE} bytes of UTF-8`);
  }

  async function work(): Promise<void> {
    if (busy) return;
    busy = true;
    for (;;) {
      const line = waiting.shift();
      if (line === undefined || socket.destroyed) break;
      seats.serve(socket);
      const body = parse(line);
      const response =
        body === undefined ? failure('invalid', 'expected one JSON object a line') : await serve(body);
      if (!socket.write(encodeLine(response)) && !socket.destroyed) {
        seats.awaitReading(socket);
        await drained(socket);
      }
      // Thousands of requests in one piece do not hold up everybody else: one in each turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
    busy = false;
    seats.rest(socket);
    if (ended) socket.end();
    else socket.resume();
  }

  function refuse(error: string): void {
    waiting.length = 0;
    socket.end(encodeLine(failure('invalid', error)));
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

function parse(line: string): unknown {
  try {
    const body: unknown = JSON.parse(line);
    return body !== null && typeof body === 'object' && !Array.isArray(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** An answer to what had no id to answer to. */
function failure(code: Failure['code'], error: string): Failure {
  return { id: null, ok: false, code, error };
}
