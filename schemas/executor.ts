import { z } from 'zod';

/** What the root executor and those who talk to it agree on. Bytes unless the name says otherwise. */
export const EXECUTOR = {
  /** The version of the exchange. Another one is refused and never guessed at. */
  version: 1,
  table: '/etc/axium/actions.yaml',
  socket: '/run/axium/executor.sock',
  state: '/var/lib/axium-executor',
  auditLog: 'audit.jsonl',
  maxRequest: 8192,
  /** How long a whole request may take to arrive, in milliseconds. */
  requestMs: 5000,
} as const;

/** A number of the system names a process only together with when it began, in clock ticks since the boot. */
const processValue = z.strictObject({ pid: z.int().min(1).max(4_194_304), start: z.int().min(0) });
const parameterValue = z.union([z.string().max(256), z.int(), processValue]);

/** What a parameter is filled with. */
export const parametersSchema = z
  .record(z.string().max(64), parameterValue)
  .refine((params) => Object.keys(params).length <= 16, { error: 'expected at most 16 parameters' });
export type Parameters = z.output<typeof parametersSchema>;
export type ProcessValue = z.output<typeof processValue>;

export const actionNameSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,63}$/,
    'expected a lower-case letter, then up to 63 lower-case letters, digits or _',
  );

const envelope = { v: z.literal(EXECUTOR.version) };

/** Every request of the executor's socket: one line of JSON, one line back, and the connection is over. */
export const executorRequestSchema = z.discriminatedUnion('cmd', [
  z.strictObject({ ...envelope, cmd: z.literal('actions') }),
  z.strictObject({
    ...envelope,
    cmd: z.literal('perform'),
    /** The daemon's own id of the request: the reference from one log to the other, and good for one time. */
    request: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:_-]{0,63}$/, 'expected the id of a request'),
    /** For whom the daemon asks. A claim, kept for the record and believed by nobody. */
    principal: z.string().regex(/^[a-z]+(?::[a-z0-9-]{1,64})?$/, 'expected a principal like spoke:creds'),
    action: actionNameSchema,
    params: parametersSchema.default({}),
    /** The words that a person approved. Where the table makes others of it by now, nothing is done. */
    expect: z.array(z.string().max(4096)).max(32).optional(),
  }),
]);
export type ExecutorRequest = z.output<typeof executorRequestSchema>;
export type PerformRequest = Extract<ExecutorRequest, { cmd: 'perform' }>;

/** Why the executor did nothing, or why it cannot say that it did. */
export const EXECUTOR_CODES = [
  'denied',
  'invalid',
  'not_found',
  'exists',
  'busy',
  'version',
  'unavailable',
  'failed',
  'internal',
] as const;
export type ExecutorCode = (typeof EXECUTOR_CODES)[number];

const failureSchema = z.object({
  v: z.int(),
  ok: z.literal(false),
  code: z.enum(EXECUTOR_CODES),
  error: z.string(),
});

/** How an action ended, and its record in the executor's chain. */
export const performedSchema = z.object({
  v: z.literal(EXECUTOR.version),
  ok: z.literal(true),
  /** `exited`, `killed`, `timed-out`, `too-much-output`, `failed` where it could not be started; `sent` for a signal. */
  end: z.string(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  record: z.object({ seq: z.int(), hash: z.string() }),
});
export const performReplySchema = z.union([performedSchema, failureSchema]);
export type Performed = z.output<typeof performedSchema>;
export type ExecutorFailure = z.output<typeof failureSchema>;
export type PerformReply = z.output<typeof performReplySchema>;

/** One action as those may see it who may ask for it. */
export interface OfferedAction {
  readonly name: string;
  readonly description: string;
  readonly tier: string;
  readonly dangerous: boolean;
}

export const actionsReplySchema = z.union([
  z.object({
    v: z.literal(EXECUTOR.version),
    ok: z.literal(true),
    tier: z.string(),
    actions: z.array(
      z.object({ name: z.string(), description: z.string(), tier: z.string(), dangerous: z.boolean() }),
    ),
    head: z.object({ seq: z.int(), hash: z.string() }),
  }),
  failureSchema,
]);

/** A request as it stands in the executor's chain: written before anything is done, and for what is refused as well. */
export interface ExecutorDecisionEntry {
  readonly type: 'privileged';
  readonly request: string;
  /** Of the peer, from the kernel. */
  readonly uid: number;
  readonly pid: number;
  readonly principal: string;
  readonly action: string;
  readonly params: Parameters;
  /** What runs; empty where nothing does. */
  readonly argv: readonly string[];
  readonly effect: 'allow' | 'deny';
  readonly reason: string;
}

/** What came of it. `of` is the number of the record that stands before the effect. */
export interface ExecutorResultEntry {
  readonly type: 'result';
  readonly of: number;
  readonly end: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly duration_ms: number;
}

export type ExecutorEntry = ExecutorDecisionEntry | ExecutorResultEntry;
