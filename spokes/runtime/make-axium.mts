import type { Event } from '../../schemas/wire.ts';
import type {
  Axium,
  Entry,
  Events,
  Exec,
  Facts,
  Permissions,
  ReadFile,
  Reply,
  Stat,
  WireRequest,
} from './api.mts';
import type { Listening } from './client.mts';
import type { CommandTable } from './command-table.mts';
import type { EventTable } from './event-table.mts';
import { AxiumFailure } from './failure.mts';
import { type Chunk, readBytes } from './read-file.mts';
import { finishedOf, streamCommand, type WireExec } from './stream-command.mts';
import type { Timers } from './timers.mts';
import { watchPath } from './watch-path.mts';

/** What an Axium is made of beside the channel. */
export interface Parts {
  readonly commands: CommandTable;
  readonly timers: Timers;
  readonly environment: () => string | null;
  /** Says what failed in the spoke's own code, where nobody waits for it. */
  readonly report: (what: string, error: unknown) => void;
  /** Sends a request that events follow. */
  readonly listen: (request: WireRequest, onEvent: (event: Event) => void) => Listening;
}

/** Builds what a spoke is given. All of it is frozen, so that no package a spoke uses can put itself in between. */
export function makeAxium(
  sendRequest: (request: WireRequest) => Promise<Reply>,
  { name, version }: Axium['spoke'],
  { commands, timers, environment, listen, report }: Parts,
): Axium {
  /** The shape of each answer is the daemon's promise; here it only gets its name. */
  const call = async <Answer,>(request: WireRequest): Promise<Answer> => {
    const reply = await sendRequest(request);
    if (!reply.ok) throw new AxiumFailure(reply.code, reply.error, reply.entry);
    return reply as Answer;
  };

  const execOnce = async (command: unknown, { mode = 'background' }: { readonly mode?: string } = {}) => {
    const answer = await call<WireExec>({ cmd: 'daemon_exec', command, mode });
    return mode === 'wait' ? finishedOf(answer) : { job: answer.job };
  };
  const exec = ((command: unknown, options?: { readonly mode?: string }) =>
    options?.mode === 'stream'
      ? streamCommand((onEvent) => listen({ cmd: 'daemon_exec', command, mode: 'stream' }, onEvent))
      : execOnce(command, options)) as Exec;

  const read = (async (path: string, options: ReadOptions = {}) => {
    const { encoding = 'utf8', ...range } = options;
    if (encoding !== 'utf8' && encoding !== 'bytes') {
      throw new AxiumFailure(
        'invalid',
        `fs.read: expected the encoding 'utf8' or 'bytes', found '${encoding}'`,
      );
    }
    const bytes = await readBytes(
      (offset, length) => call<Chunk>({ cmd: 'fs_read', path, encoding: 'bytes', offset, length }),
      range,
    );
    if (encoding === 'bytes') return bytes;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }) as ReadFile;

  const write = async (path: string, data: string | Uint8Array, append: boolean) => {
    const content =
      typeof data === 'string' ? { data, encoding: 'utf8' } : { data: toBase64(data), encoding: 'base64' };
    const { bytes } = await call<{ bytes: number }>({ cmd: 'fs_write', path, ...content, append });
    return { bytes };
  };

  const permissions = Object.assign(
    async () => (await call<{ permissions: Permissions }>({ cmd: 'get_permissions' })).permissions,
    {
      can: async (action: string, about?: string | readonly string[]) => {
        const field = action === 'exec' ? { command: about } : { path: about };
        return (await call<{ effect: string }>({ cmd: 'can', action, ...field })).effect === 'allow';
      },
    },
  );

  return deepFreeze<Axium>({
    spoke: { name, version },
    sendRequest: (request) => sendRequest(request),
    notify: async (notice) => {
      await call<unknown>({ ...notice, cmd: 'notify' });
    },
    exec,
    fs: {
      read,
      write: (path, data, { append = false } = {}) => write(path, data, append),
      append: (path, data) => write(path, data, true),
      watch: (path, handler) =>
        watchPath(
          (onEvent) => listen({ cmd: 'fs_watch', path }, onEvent),
          (watch) => sendRequest({ cmd: 'fs_unwatch', watch }),
          handler,
          report,
        ),
      list: async (path) => (await call<{ entries: readonly Entry[] }>({ cmd: 'fs_list', path })).entries,
      stat: async (path) => {
        const { type, size, modified_ms: modified, mode } = await call<WireStat>({ cmd: 'fs_stat', path });
        return { type, size, modified: new Date(modified), mode };
      },
    },
    hud: async (value) => {
      await call<unknown>({ cmd: 'hud_segment_value', value });
    },
    facts: async () => {
      const { ok: _ok, ...facts } = await call<Facts & { readonly ok: true }>({ cmd: 'facts' });
      return facts;
    },
    privileged: async (action, params = {}) => {
      const done = await call<WirePrivileged>({ cmd: 'privileged', action, params });
      if (done.needs_auth) return { success: false, needsAuth: true, suggestion: done.suggestion };
      const { success, via, code, stdout, stderr } = done;
      return { success, needsAuth: false, via, code, stdout, stderr };
    },
    storage: {
      get: async (key) => (await call<{ value: string | null }>({ cmd: 'storage_get', key })).value,
      put: async (key, value) => {
        await call<unknown>({ cmd: 'storage_put', key, value });
      },
      list: async () => (await call<{ keys: readonly string[] }>({ cmd: 'storage_list' })).keys,
      delete: async (key) => {
        await call<unknown>({ cmd: 'storage_delete', key });
      },
    },
    permissions,
    command: async (command, handler, { about = '' } = {}) => {
      if (typeof handler !== 'function')
        throw new AxiumFailure('invalid', `command: expected a function, found ${typeof handler}`);
      commands.set(command, handler);
      await call<unknown>({ cmd: 'command_register', command, about });
    },
    environment: () => environment(),
    every: (interval, handler) => timers.every(interval, handler),
    at: (time, handler) => timers.at(time, handler),
    config: async (key) => (await call<{ value: unknown }>({ cmd: 'get_config', key })).value,
  });
}

/** The part of the events that a spoke may touch. */
export function makeEvents(table: EventTable): Events {
  return deepFreeze<Events>({ on: (name, handler) => table.on(name, handler) });
}

type ReadOptions = { readonly encoding?: string; readonly offset?: number; readonly length?: number };

interface WireStat {
  readonly type: Stat['type'];
  readonly size: number;
  readonly modified_ms: number;
  readonly mode: number;
}

type WirePrivileged =
  | {
      readonly needs_auth?: undefined;
      readonly success: boolean;
      readonly via: 'executor' | 'sudo';
      readonly code: number | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly needs_auth: true; readonly suggestion: string };

function toBase64(data: unknown): string {
  if (!(data instanceof Uint8Array)) {
    throw new AxiumFailure('invalid', `fs.write: expected a string or a Uint8Array, found ${typeof data}`);
  }
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' || typeof part === 'function') deepFreeze(part);
  }
  return Object.freeze(value);
}
