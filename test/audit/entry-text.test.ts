import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryTexts, outcomeText } from '../../core/audit/entry-text.ts';
import { securityLine } from '../../core/audit/security-line.ts';
import type { DecisionEntry, OutcomeEntry } from '../../schemas/audit.ts';

/** Text of every kind: plain, of any script, with halves of surrogate pairs, and what JSON escapes. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', '\\', '\n', '\u2028', '\u007f', '\u0000', '\ud800', 'a'))
    .map((all) => all.join('')),
);

function decisionOf(words: fc.Arbitrary<string>): fc.Arbitrary<DecisionEntry> {
  const rule = fc.record({
    pattern: words,
    effect: fc.constantFrom('allow', 'ask', 'deny'),
    source: fc.constantFrom('base', 'override', 'grant', 'system'),
    origin: words,
  });
  // Keys in the order of the schema, which is the one in which records have them.
  return fc.record({
    type: fc.constant('decision'),
    request: words,
    principal: words,
    subject: words,
    level: words,
    command: words,
    action: words,
    resource: fc.option(words),
    target: fc.option(words),
    effect: fc.constantFrom('allow', 'ask', 'deny'),
    reason: words,
    rule: fc.option(rule),
    via_override: fc.boolean(),
    policy: words,
  });
}

const outcome: fc.Arbitrary<OutcomeEntry> = fc.record({
  type: fc.constant('outcome'),
  request: text,
  ok: fc.boolean(),
  code: fc.option(text),
  duration_ms: fc.double(),
});

const expectSame = (entries: readonly DecisionEntry[]) => {
  const texts = new EntryTexts();
  for (const entry of entries) {
    const detail = { spoke: entry.principal, detail: null };
    const { record, line } = texts.decision(entry, detail);
    expect(`{${record}}`).toBe(JSON.stringify(entry));
    expect(line).toBe(`${securityLine(entry, detail)}\n`);
  }
};

test('a decision is byte for byte what JSON.stringify makes of it, whatever is in it', () => {
  fc.assert(fc.property(fc.array(decisionOf(text)), expectSame), { numRuns: 500 });
});

test('an outcome is too', () => {
  const holds = (entry: OutcomeEntry) => {
    expect(`{${outcomeText(entry)}}`).toBe(JSON.stringify(entry));
  };
  fc.assert(fc.property(outcome, holds), { numRuns: 500 });
});

test('what the line for people shows is its own, where the records are alike', () => {
  const [entry] = fc.sample(decisionOf(fc.constant('a')), 1);
  const texts = new EntryTexts();
  for (const [spoke, detail] of [
    ['a', null],
    ['a', 'one'],
    ['a', 'two'],
    ['b', null],
    ['a', null],
  ] as const) {
    const { line } = texts.decision(
      { ...(entry as DecisionEntry), resource: null, target: null },
      { spoke, detail },
    );
    expect(line).toMatch(new RegExp(`^\\[SECURITY\\] spoke=${spoke} .* detail=${detail ?? 'None'} `));
  }
});

test('no entry has what another one said, in whichever field they differ', () => {
  const entry = decisionOf(fc.constant('a')).map((one) => ({ ...one, resource: null, target: null }));
  const changed = fc.tuple(entry, decisionOf(fc.constantFrom('a', 'b'))).chain(([one, other]) =>
    fc.constantFrom(...Object.keys(one)).map((field) => {
      const next = { ...one, [field]: other[field as keyof DecisionEntry] };
      return [one, next, one] as DecisionEntry[];
    }),
  );
  fc.assert(fc.property(changed, expectSame), { numRuns: 2000 });
});

test('more processes than are kept have each its own text', () => {
  const [one] = fc.sample(decisionOf(fc.constant('a')), 1);
  const entries = Array.from({ length: 1000 }, (_, at) => ({ ...one, subject: `${at % 300}` }));
  expectSame(entries as DecisionEntry[]);
});
