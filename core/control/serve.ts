import { CONTROL_REQUESTS, type ControlCommand, type ControlRequest } from '../../schemas/control.ts';
import type { ControlReplies } from '../../schemas/control-replies.ts';
import { reaches, requirementOf } from '../../schemas/tiers.ts';
import type { Failure, Response } from '../../schemas/wire.ts';
import { describeRequestIssue } from '../describe-request.ts';
import { AxiumError } from '../errors.ts';
import { InvalidFile } from '../registry/problem.ts';
import type { Caller } from './caller.ts';
import { systemFailure } from './system-failure.ts';

/** One function for each command of the control socket: the closed table of what a person can ask of the daemon. */
export type ControlHandlers = {
  readonly [C in ControlCommand]: (
    request: ControlRequest<C>,
    caller: Caller,
  ) => ControlReplies[C] | Promise<ControlReplies[C]>;
};

/** Requests in which a `spoke` field would be a claim to be that spoke, which nobody on this socket is. */
const CLAIMS: ReadonlySet<unknown> = new Set(['notify', 'daemon_exec']);

export interface ServeInput {
  readonly handlers: ControlHandlers;
  /** Whether the daemon was started with AXIUM_DANGEROUS_OPS=true. */
  readonly dangerous: boolean;
  /** A request that the tier of its caller, or the dangerous gate, has refused. */
  readonly onRefused: (caller: Caller, command: string, why: string) => void;
  readonly onDefect: (error: unknown, command: string) => void;
}

/**
 * Checks requests of the control socket and hands them to their handler: first their shape, then the tier of who asks, then
 * the dangerous gate. What it returns never rejects.
 */
export function serveControl({ handlers, dangerous, onRefused, onDefect }: ServeInput) {
  return async (body: unknown, caller: Caller): Promise<Response> => {
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
    const refused = refusalOf(command, caller, dangerous);
    if (refused !== null) {
      onRefused(caller, command, refused);
      return failure('denied', `${command}: ${refused}`);
    }
    try {
      const handler = handlers[command] as (request: unknown, caller: Caller) => unknown;
      return { ...((await handler(parsed.data, caller)) as object), id, ok: true };
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

/** Why a caller may not have a command; null where they may. */
function refusalOf(command: string, { tier, why }: Caller, dangerous: boolean): string | null {
  const required = requirementOf(command);
  const wanted = required === 'dangerous' ? 'admin' : required;
  if (!reaches(tier, wanted))
    return `expected the tier ${wanted}, found ${tier} (${why}); 'axium whoami' shows who you are here`;
  if (required === 'dangerous' && !dangerous)
    return 'dangerous operations disabled; start the daemon with AXIUM_DANGEROUS_OPS=true';
  return null;
}
