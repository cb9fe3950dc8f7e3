import type { RecordedAction } from '../schemas/actions.ts';
import type { Code } from '../schemas/codes.ts';
import { type Command, REQUESTS, type Request } from '../schemas/wire.ts';
import { describeRequestIssue } from './describe-request.ts';

export type ReadRequest =
  | { readonly request: Request }
  | { readonly action: RecordedAction; readonly refusal: { readonly code: Code; readonly message: string } };

/** The action that a command belongs to, for the record of a request that never came to a portal. */
const ACTION_OF: Readonly<Record<Command, RecordedAction>> = {
  notify: 'notify',
  daemon_exec: 'exec',
  fs_read: 'fs_read',
  fs_write: 'fs_write',
  fs_stat: 'fs_read',
  fs_list: 'fs_read',
  fs_watch: 'fs_read',
  fs_unwatch: 'permissions',
  hud_segment_value: 'hud',
  get_permissions: 'permissions',
  can: 'permissions',
  get_config: 'fs_read',
  load_spoke_permissions: 'permissions',
  facts: 'facts',
  command_register: 'command',
  command_done: 'command',
  privileged: 'privileged',
  storage_get: 'storage',
  storage_put: 'storage',
  storage_list: 'storage',
  storage_delete: 'storage',
};

/** Checks a message against the closed table of requests, and its claim of a name against whose channel it came on. */
export function readRequest(
  spoke: string,
  { cmd, body }: { cmd: string; body: Readonly<Record<string, unknown>> },
): ReadRequest {
  if (!Object.hasOwn(REQUESTS, cmd)) {
    return {
      action: 'unknown',
      refusal: { code: 'unknown_command', message: 'cmd: there is no such command' },
    };
  }
  const action = ACTION_OF[cmd as Command];
  if (body.spoke !== undefined && body.spoke !== spoke) {
    return {
      action,
      refusal: { code: 'identity', message: `spoke: expected '${spoke}', whose channel this is, or nothing` },
    };
  }
  // JSON.parse makes `__proto__` an own key, which the strict schema must see as any other unknown one.
  if (Object.hasOwn(body, '__proto__')) {
    return { action, refusal: { code: 'invalid', message: "unknown key '__proto__'" } };
  }
  const schema = REQUESTS[cmd as Command];
  const parsed = schema.safeParse(body);
  if (parsed.success) return { request: parsed.data };
  const message = describeRequestIssue(parsed.error.issues[0], schema, body);
  return { action, refusal: { code: 'invalid', message } };
}
