import { z } from 'zod';

const chain = {
  /** 1 is the form before this one, in which each record was a write of its own. */
  v: z.union([z.literal(1), z.literal(2)]),
  /** Counts from 1 without a gap over the life of the log. */
  seq: z.int().min(1),
  /**
   * In the first record of a write: hex SHA-256 of the lines of the write before, without its last newline; 64 zeros in the
   * very first.
   */
  prev: z.string().length(64).optional(),
  /** ISO 8601, UTC, milliseconds. */
  time: z.iso.datetime(),
};

const ruleSchema = z.strictObject({
  pattern: z.string(),
  effect: z.enum(['allow', 'ask', 'deny']),
  source: z.enum(['base', 'override', 'grant', 'system']),
  /** file:line:column */
  origin: z.string(),
});

/** What came of an allowed request. */
const outcome = {
  ok: z.boolean(),
  code: z.string().nullable(),
  /** From when the request was taken; within a decision, until that is recorded. */
  duration_ms: z.number(),
};

const decisionRecord = z.strictObject({
  ...chain,
  type: z.literal('decision'),
  request: z.string(),
  principal: z.string(),
  /** Which running instance of the spoke asked, and how its process is confined. */
  subject: z.string(),
  level: z.string(),
  command: z.string(),
  action: z.string(),
  /** As asked: untrusted text. */
  resource: z.string().nullable(),
  /** What it really is: a real path, or the words of a command. */
  target: z.string().nullable(),
  effect: z.enum(['allow', 'ask', 'deny']),
  reason: z.string(),
  rule: ruleSchema.nullable(),
  via_override: z.boolean(),
  policy: z.string(),
  /**
   * What comes of it, where it is done in the daemon's memory alone and known before. An outcome record follows only where
   * doing it failed all the same, which is a defect: that one counts.
   */
  outcome: z.strictObject(outcome).optional(),
});

const outcomeRecord = z.strictObject({
  ...chain,
  type: z.literal('outcome'),
  request: z.string(),
  ...outcome,
});

const eventRecord = z.strictObject({
  ...chain,
  type: z.literal('event'),
  event: z.string(),
  spoke: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});

/** One line of `audit.jsonl`. */
export const auditRecordSchema = z.discriminatedUnion('type', [decisionRecord, outcomeRecord, eventRecord]);

export type AuditRecord = z.infer<typeof auditRecordSchema>;
export type DecisionRecord = z.infer<typeof decisionRecord>;
type Unchained<T> = Omit<T, keyof typeof chain>;
export type DecisionEntry = Unchained<z.infer<typeof decisionRecord>>;
export type OutcomeEntry = Unchained<z.infer<typeof outcomeRecord>>;
export type Outcome = NonNullable<DecisionEntry['outcome']>;
export type EventEntry = Unchained<z.infer<typeof eventRecord>>;
export type AuditEntry = DecisionEntry | OutcomeEntry | EventEntry;

/** A place in a chain of records: how many there are, and the hash of the last write up to there. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** What checking a chain found. */
export type Verdict =
  | {
      readonly ok: true;
      /** Where the chain begins: 0, or the last of the records that retention removed. */
      readonly begins: number;
      readonly head: ChainHead;
      /** What the chain itself tells of damage that was met, a sentence each. */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly file: string; readonly line: number; readonly problem: string };

/** What checking the daemon's chain and the executor's against each other found. */
export interface CrossCheck {
  /** Actions of the executor for this uid, and how many of them the daemon's log explains. */
  readonly actions: number;
  readonly explained: number;
  /** What one chain says and the other denies, a sentence each. */
  readonly problems: readonly string[];
}
