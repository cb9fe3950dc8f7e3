import { z } from 'zod';
import type { Code } from './codes.ts';
import { actionNameSchema, parametersSchema } from './executor.ts';
import { commandNameSchema } from './names.ts';

/** Caps of the channel and of single requests. Bytes unless the name says otherwise. */
export const WIRE = {
  maxLine: 1_048_576,
  /** Values of one line, those within others counted too. */
  maxValues: 4096,
  maxReply: 12_582_912,
  maxRead: 8_388_608,
  maxPath: 4096,
  /** Names of a directory that one listing looks at. */
  maxNames: 10_000,
  maxWords: 256,
  /** Characters of all words together. */
  maxCommand: 32_768,
  maxTitle: 200,
  maxBody: 4000,
  maxHud: 64,
  /** Characters of each of the two streams that a command of a spoke prints. */
  maxCommandOutput: 131_072,
} as const;

const envelope = {
  id: z.int().min(0),
  /** A claim only; on a channel it may name no other spoke than the channel's own. */
  spoke: z.string().max(64).optional(),
};

const path = z.string().max(WIRE.maxPath);
const encoding = z.enum(['utf8', 'base64']).default('utf8');
/** `bytes` has them follow the line of the answer as they are. */
const encodingOfAnswer = z.enum(['utf8', 'base64', 'bytes']).default('utf8');
const wordList = z
  .array(z.string())
  .max(WIRE.maxWords)
  .refine((words) => words.reduce((sum, word) => sum + word.length, 0) <= WIRE.maxCommand, {
    error: `expected at most ${WIRE.maxCommand} characters in all words together`,
  });
const command = z.union([z.string().max(WIRE.maxCommand), wordList]);
const storageKey = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'expected up to 128 letters, digits, dots, _ or -');

/** Title, body and level of a notification, from whichever side it comes. */
export const noticeSchema = z.strictObject({
  title: z.string().min(1).max(WIRE.maxTitle),
  body: z.string().max(WIRE.maxBody).default(''),
  level: z.enum(['info', 'success', 'warning', 'error']).default('info'),
});

/** Every request that a spoke can make: its command and the exact shape. */
export const REQUESTS = {
  notify: z.strictObject({ ...envelope, cmd: z.literal('notify'), ...noticeSchema.shape }),
  daemon_exec: z.strictObject({
    ...envelope,
    cmd: z.literal('daemon_exec'),
    command,
    mode: z.enum(['background', 'wait', 'stream']).default('background'),
  }),
  fs_read: z.strictObject({
    ...envelope,
    cmd: z.literal('fs_read'),
    path,
    encoding: encodingOfAnswer,
    offset: z.int().min(0).default(0),
    length: z.int().min(1).max(WIRE.maxRead).optional(),
  }),
  fs_write: z.strictObject({
    ...envelope,
    cmd: z.literal('fs_write'),
    path,
    data: z.string(),
    encoding,
    append: z.boolean().default(false),
  }),
  fs_stat: z.strictObject({ ...envelope, cmd: z.literal('fs_stat'), path }),
  fs_list: z.strictObject({ ...envelope, cmd: z.literal('fs_list'), path }),
  fs_watch: z.strictObject({ ...envelope, cmd: z.literal('fs_watch'), path }),
  fs_unwatch: z.strictObject({
    ...envelope,
    cmd: z.literal('fs_unwatch'),
    /** The id of the request that began it. */
    watch: z.int().min(0),
  }),
  hud_segment_value: z.strictObject({
    ...envelope,
    cmd: z.literal('hud_segment_value'),
    value: z.string().max(WIRE.maxHud),
  }),
  get_permissions: z.strictObject({ ...envelope, cmd: z.literal('get_permissions') }),
  can: z.strictObject({
    ...envelope,
    cmd: z.literal('can'),
    action: z.enum(['notify', 'exec', 'fs_read', 'fs_write', 'facts']),
    /** What `exec` is asked about. */
    command: command.optional(),
    /** What `fs_read` and `fs_write` are asked about. */
    path: path.optional(),
  }),
  get_config: z.strictObject({
    ...envelope,
    cmd: z.literal('get_config'),
    key: z.string().max(200).optional(),
  }),
  load_spoke_permissions: z.strictObject({ ...envelope, cmd: z.literal('load_spoke_permissions') }),
  facts: z.strictObject({ ...envelope, cmd: z.literal('facts') }),
  command_register: z.strictObject({
    ...envelope,
    cmd: z.literal('command_register'),
    command: commandNameSchema,
    /** One line for people. */
    about: z.string().max(200).default(''),
  }),
  command_done: z.strictObject({
    ...envelope,
    cmd: z.literal('command_done'),
    call: z.int().min(0),
    code: z.int().min(0).max(255),
    stdout: z.string().max(WIRE.maxCommandOutput).default(''),
    stderr: z.string().max(WIRE.maxCommandOutput).default(''),
  }),
  privileged: z.strictObject({
    ...envelope,
    cmd: z.literal('privileged'),
    action: actionNameSchema,
    params: parametersSchema.default({}),
  }),
  storage_get: z.strictObject({ ...envelope, cmd: z.literal('storage_get'), key: storageKey }),
  storage_put: z.strictObject({
    ...envelope,
    cmd: z.literal('storage_put'),
    key: storageKey,
    value: z.string(),
  }),
  storage_list: z.strictObject({ ...envelope, cmd: z.literal('storage_list') }),
  storage_delete: z.strictObject({ ...envelope, cmd: z.literal('storage_delete'), key: storageKey }),
} as const;

export type Command = keyof typeof REQUESTS;
export type Request<C extends Command = Command> = z.output<(typeof REQUESTS)[C]>;
export type Notice = z.output<typeof noticeSchema>;

/** What the channel itself understands, before and beside the mediated requests. */
export const HANDSHAKE = {
  hello: z.strictObject({ ...envelope, cmd: z.literal('hello'), api: z.literal(1) }),
  ready: z.strictObject({ ...envelope, cmd: z.literal('ready') }),
  failed: z.strictObject({ ...envelope, cmd: z.literal('failed'), error: z.string().max(8192) }),
  /** A sign of life: the answer to the event `heartbeat`. */
  alive: z.strictObject({ ...envelope, cmd: z.literal('alive') }),
} as const;

/** The daemon's answer to `hello`: which code to run, as whom. */
export interface Start {
  readonly spoke: string;
  readonly version: string;
  /** A file URL of the entry module, as the spoke's process sees it. */
  readonly module: string;
  readonly function: string;
  /** The zone of the user's clock, like `Europe/Berlin`: a sandbox knows none. */
  readonly time_zone?: string;
  /** The active environment, or null; `env_change` tells of another. */
  readonly environment?: string | null;
}

/** Where `data` is a Uint8Array, it follows the line, which has the number of its bytes as `follows` in its place. */
export type Success = { readonly id: number | null; readonly ok: true } & Record<string, unknown>;
export interface Failure {
  readonly id: number | null;
  readonly ok: false;
  readonly code: Code;
  readonly error: string;
  /** With `denied`, where an entry would change that: what to write into a `permissions` section. */
  readonly entry?: string;
}
/** One line of answer to one line of request. */
export type Response = Success | Failure;

/** A line that the daemon sends without being asked. */
export type Event =
  | { readonly event: 'permissions_changed' | 'config_changed' | 'shutdown' | 'heartbeat' }
  /** Names of environments; null for none. */
  | { readonly event: 'env_change'; readonly new: string | null; readonly old: string | null }
  /** This spoke is ready. */
  | { readonly event: 'spoke_loaded'; readonly spoke: string }
  /** The time of a trigger of spoke.yaml has come: `every`, or one of `at`, like `07:30`. */
  | { readonly event: 'due'; readonly timer: string }
  /** A person has called a command that the spoke had registered; the answer is a `command_done` with this `call`. */
  | {
      readonly event: 'command';
      readonly call: number;
      readonly command: string;
      readonly args: readonly string[];
    }
  /** What the command of this `daemon_exec` has written since. */
  | {
      readonly event: 'job_output';
      readonly request: number;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  /** Something may have changed under these names; null where there are too many. `request` is that of the `fs_watch`. */
  | { readonly event: 'fs_change'; readonly request: number; readonly names: readonly string[] | null }
  | { readonly event: 'watch_ended'; readonly request: number; readonly code: Code };
