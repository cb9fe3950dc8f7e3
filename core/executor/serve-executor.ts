import type { Server, Socket } from 'node:net';
import {
  EXECUTOR,
  type ExecutorCode,
  type ExecutorFailure,
  executorRequestSchema,
} from '../../schemas/executor.ts';
import { reaches } from '../../schemas/tiers.ts';
import { encodeLine, LineSplitter } from '../channel/framing.ts';
import { AxiumError } from '../errors.ts';
import type { ExecutorLog } from './executor-log.ts';
import { type Peer, tierOf } from './peer-tier.ts';
import { isOffered, type PerformInput, performRequest } from './perform-request.ts';

/** What one uid may do, whatever it asks for: requests in a minute, and connections at once. */
const REQUESTS = { count: 60, per: 60_000 };
const REFUSALS_TOLD = { count: 1, per: 60_000 };
const CONNECTIONS = 8;
/** Of everybody: one who is refused is gone at once, so that only who is served counts for long. */
const ALL_CONNECTIONS = 256;

export interface ServeInput extends PerformInput {
  readonly log: Pick<ExecutorLog, 'record' | 'head'>;
  /** Defects of ours, for the journal. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * The executor's socket: one line, one answer, and the connection is over. Who asks is known before anything of it is
 * read, and counted. What is not such a line costs a bounded amount of memory and time, and has no effect.
 */
export function serveExecutor(server: Server, input: ServeInput): void {
  const open = new Map<number, number>();
  server.maxConnections = ALL_CONNECTIONS;
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    const peer = input.powers.peerOf(socket);
    if (peer === null) return refuse(socket, 'denied', 'the kernel does not say who asks');
    const { uid } = peer;
    const connections = (open.get(uid) ?? 0) + 1;
    open.set(uid, connections);
    socket.once('close', () => {
      const left = (open.get(uid) ?? 1) - 1;
      if (left === 0) open.delete(uid);
      else open.set(uid, left);
    });
    if (connections > CONNECTIONS || !input.rates.take([[`uid ${uid}`, REQUESTS]])) {
      tellOfFlood(input, uid);
      return refuse(socket, 'busy', 'too many requests of this user; try again later');
    }
    attend(socket, input, peer);
  });
}

/** One record for a minute of refusals: who asks too often does not fill the log. */
function tellOfFlood({ rates, log, onDefect }: ServeInput, uid: number): void {
  if (!rates.take([[`told ${uid}`, REFUSALS_TOLD]])) return;
  try {
    log.record({ type: 'event', event: 'too_many_requests', spoke: null, detail: { uid } });
  } catch (error) {
    onDefect(error);
  }
}

function attend(socket: Socket, input: ServeInput, peer: Peer): void {
  const splitter = new LineSplitter(EXECUTOR.maxRequest);
  const late = input.powers.clock.after(EXECUTOR.requestMs, () => socket.destroy());
  let asked = false;
  socket.once('close', late.cancel);
  socket.once('end', () => {
    if (!asked) socket.destroy();
  });
  socket.on('data', (bytes: Buffer) => {
    if (asked) return;
    const { lines, fault } = splitter.push(bytes);
    const [line] = lines;
    if (line === undefined && fault === null) return;
    asked = true;
    late.cancel();
    socket.pause();
    if (line === undefined) return refuse(socket, 'invalid', `expected one line of JSON: ${fault}`);
    void answer(input, peer, line).then((reply) => socket.end(encodeLine(reply)));
  });
}

/** One line to one answer. Never rejects, and never answers with anything else than what it is allowed to say. */
export async function answer(input: ServeInput, peer: Peer, line: string): Promise<object> {
  try {
    const request = parse(line);
    if (request === undefined) return failure('invalid', 'expected one object of JSON');
    if (request.v !== EXECUTOR.version)
      return failure(
        'version',
        `this executor speaks version ${EXECUTOR.version}; install the same axium on both sides`,
      );
    const read = executorRequestSchema.safeParse(request);
    if (!read.success) {
      const [issue] = read.error.issues;
      return failure('invalid', `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'not valid'}`);
    }
    return read.data.cmd === 'actions'
      ? listActions(input, peer)
      : await performRequest(input, peer, read.data);
  } catch (error) {
    if (error instanceof AxiumError) return failure('unavailable', error.message);
    input.onDefect(error);
    return failure('internal', 'a defect of the executor; its journal has the details');
  }
}

function listActions({ powers, table, groups, log }: ServeInput, peer: Peer): object {
  const tier = tierOf(peer, groups());
  const offered = Object.entries(table().actions).filter(
    ([, spec]) => isOffered(powers, spec) && reaches(tier, spec.tier),
  );
  const actions = offered.map(([name, { description, tier: needed, dangerous }]) => {
    return { name, description, tier: needed, dangerous };
  });
  return { v: EXECUTOR.version, ok: true, tier, actions, head: log.head };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function refuse(socket: Socket, code: ExecutorCode, error: string): void {
  socket.end(encodeLine(failure(code, error)));
  socket.once('finish', () => socket.destroy());
}

function failure(code: ExecutorCode, error: string): ExecutorFailure {
  return { v: EXECUTOR.version, ok: false, code, error };
}
