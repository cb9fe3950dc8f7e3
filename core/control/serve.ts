import {
  CONTROL_REQUESTS,
  type ControlCommand,
  type ControlReplies,
  type ControlRequest,
} from '../../schemas/control.ts';
import type { Failure, Response } from '../../schemas/wire.ts';
import { describeRequestIssue } from '../describe-request.ts';
import { AxiumError } from '../errors.ts';
import { InvalidFile } from '../registry/problem.ts';
import { systemFailure } from './system-failure.ts';

/** One function for each command of the control socket: the closed table of what a person can ask of the daemon. */
export type ControlHandlers = {
  readonly [C in ControlCommand]: (
    request: ControlRequest<C>,
  ) => ControlReplies[C] | Promise<ControlReplies[C]>;
};

/** Requests in which a `spoke` field would be a claim to be that spoke, which nobody on this socket is. */
const CLAIMS: ReadonlySet<unknown> = new Set(['notify', 'daemon_exec']);

/** Checks requests of the control socket and hands them to their handler. What it returns never rejects. */
export function serveControl(handlers: ControlHandlers, onDefect: (error: unknown, command: string) => void) {
  return async (body: unknown): Promise<Response> => {
    const request = body as Record<string, unknown>;
    const id = (typeof request.id === 'number' || typeof request.id === 'string' ? request.id : null) as
      | number
      | null;
    const failure = (code: Failure['code'], error: string): Failure => ({ id, ok: false, code, error });
    const { cmd } = request;
    if (CLAIMS.has(cmd) && request.spoke !== undefined) {
      return failure('identity', 'spoke: nobody on this socket is a spoke; leave the field out');
    }
    if (typeof cmd !== 'string' || !Object.hasOwn(CONTROL_REQUESTS, cmd)) {
      return failure('unknown_command', 'cmd: there is no such command');
    }
    const command = cmd as ControlCommand;
    const parsed = CONTROL_REQUESTS[command].safeParse(request);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return failure('invalid', describeRequestIssue(issue, CONTROL_REQUESTS[command], request));
    }
    try {
      const handler = handlers[command] as (request: unknown) => unknown;
      return { ...((await handler(parsed.data)) as object), id, ok: true };
    } catch (error) {
      if (error instanceof AxiumError) return failure(error.code, error.message);
      if (error instanceof InvalidFile) return failure('invalid_file', error.message);
      const told = systemFailure(error);
      if (told !== null) return failure('unavailable', told);
      onDefect(error, command);
      return failure('internal', 'a defect of Axium; see its log');
    }
  };
}
