import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordIn } from '../../cli/audit-record.ts';
import { auditRecordSchema } from '../../schemas/audit.ts';
import { buildDecision, buildOutcome } from '../support/audit-entries.ts';

const chain = { v: 1, seq: 1, prev: '0'.repeat(64), time: '2030-01-01T00:00:00.000Z' };
const RECORDS: readonly object[] = [
  { ...chain, ...buildDecision() },
  { ...chain, ...buildDecision({ resource: '~/x', target: '/x', effect: 'ask', rule: null }) },
  { ...chain, ...buildDecision({ outcome: { ok: true, code: null, duration_ms: 0.1 } }) },
  { ...chain, ...buildOutcome() },
  { ...chain, ...buildOutcome({ ok: false, code: 'timeout' }) },
  { ...chain, type: 'event', event: 'spoke_ready', spoke: 'creds', detail: { level: 'strong' } },
  { ...chain, type: 'event', event: 'daemon_started', spoke: null, detail: {} },
];
const NAMES = [...new Set([...RECORDS.flatMap(Object.keys), 'more'])];
const VALUES = [
  ...[undefined, null, true, 0, 1, 2, -1, 1.5, 2 ** 53, '', 'x', 'allow', 'event', 'outcome', [], {}, ['x']],
  ...[
    { pattern: 'x', effect: 'deny', source: 'grant', origin: 'x' },
    { pattern: 'x', effect: 'deny' },
  ],
  ...[
    { ok: false, code: 'timeout', duration_ms: 1 },
    { ok: true, code: null },
    { ok: true, code: 1, duration_ms: 1 },
  ],
  ...[{ ok: true, code: null, duration_ms: 1, more: 1 }],
  ...[{ pattern: 'x', effect: 'deny', source: 'grant', origin: 'x', more: 1 }, '0'.repeat(63)],
  ...['2030-02-28T00:00:00Z', '2030-02-30T00:00:00Z', '2032-02-29T00:00Z', '2030-01-01', '2030-13-01T00:00Z'],
  ...['2030-01-01T00:00:00+01:00', '2030-01-01T24:00:00Z', '2030-01-01T00:60:00Z', '2030-01-01T00:00:00.1Z'],
];

const agrees = (record: object) => {
  const line = JSON.stringify(record);
  const expected = auditRecordSchema.safeParse(JSON.parse(line));
  expect(recordIn(line), line).toEqual(expected.success ? expected.data : null);
};

test('a record is what the schema of records takes for one', () => {
  for (const record of RECORDS) expect(recordIn(JSON.stringify(record))).toEqual(record);
  for (const record of RECORDS)
    for (const name of NAMES) for (const value of VALUES) agrees({ ...record, [name]: value });
});

test('so it is where any two of its fields are changed', () => {
  const change = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES));
  fc.assert(
    fc.property(fc.constantFrom(...RECORDS), change, change, (record, one, other) =>
      agrees({ ...record, ...Object.fromEntries([one, other]) }),
    ),
  );
});

test.each(['', '{', 'null', '[]', '"x"', '7'])('a line of %s has none', (line) => {
  expect(recordIn(line)).toBe(null);
});
