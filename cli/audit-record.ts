import type { AuditRecord } from '../schemas/audit.ts';

/**
 * The record in a line; null where there is none, which is for `audit verify` to tell. It takes what the schema of
 * records takes, without the time that it takes to load that: a log has many lines, and a command reads it once.
 */
export function recordIn(line: string): AuditRecord | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return RECORDS.some((isRecord) => isRecord(parsed)) ? (parsed as AuditRecord) : null;
  } catch {
    return null;
  }
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const yesOrNo: Check = (value) => typeof value === 'boolean';
const finite: Check = (value) => Number.isFinite(value);
const textOrNull: Check = (value) => value === null || text(value);
const fields: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);
/** An object with these fields and no others. */
const exactly =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    fields(value) &&
    Object.keys(value as object).every((name) => Object.hasOwn(checks, name)) &&
    Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const EFFECT = oneOf('allow', 'ask', 'deny');
const CHAIN = {
  v: oneOf(1, 2),
  seq: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1,
  prev: (value: unknown) => value === undefined || (typeof value === 'string' && value.length === 64),
  time: (value: unknown) => typeof value === 'string' && UTC.test(value) && isDay(value),
};
const rule = exactly({
  pattern: text,
  effect: EFFECT,
  source: oneOf('base', 'override', 'grant', 'system'),
  origin: text,
});

const OUTCOME = { ok: yesOrNo, code: textOrNull, duration_ms: finite };
const outcome = exactly(OUTCOME);

const RECORDS: readonly Check[] = [
  exactly({
    ...CHAIN,
    type: oneOf('decision'),
    request: text,
    principal: text,
    subject: text,
    level: text,
    command: text,
    action: text,
    resource: textOrNull,
    target: textOrNull,
    effect: EFFECT,
    reason: text,
    rule: (value) => value === null || rule(value),
    via_override: yesOrNo,
    policy: text,
    outcome: (value) => value === undefined || outcome(value),
  }),
  exactly({ ...CHAIN, type: oneOf('outcome'), request: text, ...OUTCOME }),
  exactly({ ...CHAIN, type: oneOf('event'), event: text, spoke: textOrNull, detail: fields }),
];

/** `Date` takes the 31st of every month for a day. */
function isDay(time: string): boolean {
  const date = new Date(time);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(time.slice(8, 10));
}
