import type { Effect } from '../../schemas/decision.ts';
import type { Request } from '../../schemas/wire.ts';
import { AxiumError } from '../errors.ts';
import { type Portal, plainTarget, type Reply, type Subject } from './portal.ts';

/** What would come of a request if it were made now; `error` is what its denial would say. */
export interface Preview {
  readonly effect: Effect;
  readonly error?: string;
  readonly entry?: string;
}

export interface CanPowers {
  /** Looks what a request is about and decides on it. Nothing is done, and nobody is asked. */
  readonly preview: (subject: Subject, request: Request) => Promise<Preview>;
}

/** Tells a spoke whether it would be allowed something, without doing it. */
export function canPortal({ preview }: CanPowers): Portal<'can', null> {
  return {
    action: 'permissions',
    resource: ({ action, path, command }) =>
      [action, path ?? (typeof command === 'string' ? command : command?.join(' '))]
        .filter((word) => word !== undefined)
        .join(' '),
    resolve: plainTarget,
    async perform(_resolved, request, subject) {
      return { ...(await preview(subject, asRequest(request))) } satisfies Reply;
    },
  };
}

function asRequest({ id, action, path, command }: Request<'can'>): Request {
  if ((command !== undefined && action !== 'exec') || (path !== undefined && !action.startsWith('fs_')))
    throw new AxiumError('invalid', `${action}: expected no other field than what it is asked about`);
  switch (action) {
    case 'notify':
      return { id, cmd: 'notify', title: ' ', body: '', level: 'info' };
    case 'facts':
      return { id, cmd: 'facts' };
    case 'exec':
      return { id, cmd: 'daemon_exec', command: needed('command', command), mode: 'background' };
    case 'fs_read':
      return { id, cmd: 'fs_read', path: needed('path', path), encoding: 'base64', offset: 0 };
    case 'fs_write':
      return {
        id,
        cmd: 'fs_write',
        path: needed('path', path),
        data: '',
        encoding: 'utf8',
        append: false,
      };
  }
}

function needed<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw new AxiumError('invalid', `${field}: is missing`);
  return value;
}
