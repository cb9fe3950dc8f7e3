import { expect, test } from 'vitest';
import { filterOf } from '../../cli/audit-filter.ts';
import { AuditSelection } from '../../cli/audit-selection.ts';
import { auditText } from '../../cli/audit-text.ts';
import type { AuditRecord, Outcome } from '../../schemas/audit.ts';
import { buildDecision, buildOutcome } from '../support/audit-entries.ts';

const chain = { v: 2 as const, seq: 1, time: '2030-01-01T00:00:00.000Z' };
const decision = (outcome?: Outcome): AuditRecord => ({
  ...chain,
  ...buildDecision({ ...(outcome ? { outcome } : {}) }),
});
const failure = { ok: false, code: 'internal', duration_ms: 1 };
const succeeded = { ok: true, code: null, duration_ms: 1 };

const ALLOWED = 'creds allowed notify: allowed by notify: true (spoke.yaml:5:11)';
const FAILED = 'creds failed  notify: internal';

/** What people are shown of these records, without the times. */
function shown(records: readonly AuditRecord[]): readonly string[] {
  const selection = new AuditSelection(filterOf({}, '/home/ada', 0));
  const texts = records.map((record) => {
    const selected = selection.take(record);
    return selected ? auditText(selected, '/home/ada') : '';
  });
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\[[^\]]*\] /, ''));
}

test('a failure is told of a request that was open before ten thousand that were done at once', () => {
  const open = decision();
  const done = (at: number): AuditRecord => ({ ...decision(succeeded), request: `m-${at}` }) as AuditRecord;
  const many = Array.from({ length: 10_001 }, (_, at) => done(at));
  const lines = shown([open, ...many, { ...chain, ...buildOutcome(failure) }]);
  expect([lines[0], lines.at(-1), lines.length]).toEqual([ALLOWED, FAILED, 10_003]);
});

test.each<[string, readonly AuditRecord[], readonly string[]]>([
  ['a decision alone', [decision()], [ALLOWED]],
  ['an outcome that says nothing new', [decision(), { ...chain, ...buildOutcome() }], [ALLOWED]],
  ['an outcome of what failed', [decision(), { ...chain, ...buildOutcome(failure) }], [ALLOWED, FAILED]],
  ['a decision with what came of it', [decision(succeeded)], [ALLOWED]],
  ['a decision of what failed', [decision(failure)], [ALLOWED, FAILED]],
  [
    'what failed though its decision says otherwise',
    [decision(succeeded), { ...chain, ...buildOutcome(failure) }],
    [ALLOWED, FAILED],
  ],
])('%s', (_what, records, lines) => {
  expect(shown(records)).toEqual(lines);
});
