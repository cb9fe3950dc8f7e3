import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decisionEntry, detailOf, type PlainRequest } from '../../core/audit/decision-entry.ts';
import { decisionTexts, outcomeText, PlainTexts } from '../../core/audit/entry-text.ts';
import type { Outcome, OutcomeEntry } from '../../schemas/audit.ts';
import type { Decision } from '../../schemas/decision.ts';

/** Text of every kind: plain, of any script, with halves of surrogate pairs, and what JSON escapes. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', '\\', '\n', '\u2028', '\u007f', '\u0000', '\ud800', 'a'))
    .map((all) => all.join('')),
);
/** As the daemon makes them. */
const id = fc.tuple(fc.constantFrom('0badcafe', 'f00'), fc.nat()).map((parts) => parts.join('-'));

function decidedOf(words: fc.Arbitrary<string>): fc.Arbitrary<PlainRequest> {
  const effect = fc.constantFrom('allow', 'ask', 'deny');
  const source = fc.constantFrom('base', 'override', 'grant', 'system');
  const origin = fc.record({ file: words, line: fc.nat(), column: fc.nat() });
  const rule = fc.record({ action: fc.constant('notify'), pattern: words, effect, source, origin });
  return fc.record({
    subject: fc.record({ spoke: words, instance: words, level: words }),
    request: id,
    command: words,
    action: fc.constantFrom('hud', 'notify', 'permissions', 'exec'),
    resource: fc.option(words),
    target: fc.constant(null),
    decision: fc.record({ effect, reason: words, rule: fc.option(rule), source, viaOverride: fc.boolean() }),
    policy: words,
  }) as fc.Arbitrary<PlainRequest>;
}

const outcome: fc.Arbitrary<Outcome> = fc.record({
  ok: fc.boolean(),
  code: fc.option(text),
  duration_ms: fc.double(),
});

/** What is written of each, held against what JSON.stringify makes of it. */
const expectSame = (all: readonly (readonly [PlainRequest, Outcome | null])[]) => {
  const texts = new PlainTexts();
  for (const [decided, came] of all) {
    const entry = decisionEntry(decided);
    const { record, line } = texts.of(decided, came);
    expect(`{${record}}`).toBe(JSON.stringify({ ...entry, ...(came === null ? {} : { outcome: came }) }));
    const detail = { spoke: decided.subject.spoke, detail: detailOf(entry, null) };
    expect(line).toBe(decisionTexts(entry, detail).line);
  }
};
const expectSameOf = (all: readonly PlainRequest[]) => expectSame(all.map((one) => [one, null]));

test('a decision is byte for byte what JSON.stringify makes of it, whatever is in it', () => {
  fc.assert(fc.property(fc.array(fc.tuple(decidedOf(text), fc.option(outcome))), expectSame), {
    numRuns: 500,
  });
});

test('an outcome is too', () => {
  const entry: fc.Arbitrary<OutcomeEntry> = fc
    .tuple(text, outcome)
    .map(([request, came]) => ({ type: 'outcome', request, ...came }));
  const holds = (one: OutcomeEntry) => {
    expect(`{${outcomeText(one)}}`).toBe(JSON.stringify(one));
  };
  fc.assert(fc.property(entry, holds), { numRuns: 500 });
});

test('no record has what another one said, in whichever field they differ', () => {
  const one = decidedOf(fc.constant('a'));
  const changed = fc.tuple(one, decidedOf(fc.constantFrom('a', 'b'))).chain(([first, other]) => {
    const next = (field: keyof PlainRequest) => ({ ...first, [field]: other[field] });
    const subject = (field: keyof PlainRequest['subject']) => ({
      ...first,
      subject: { ...first.subject, [field]: other.subject[field] },
    });
    return fc
      .oneof(
        fc.constantFrom(...(Object.keys(first) as (keyof PlainRequest)[])).map(next),
        fc.constantFrom('spoke', 'instance', 'level').map((field) => subject(field as 'spoke')),
      )
      .map((second) => [first, second, first]);
  });
  fc.assert(fc.property(changed, expectSameOf), { numRuns: 2000 });
});

test('nor where a decision that says otherwise has taken the place of another', () => {
  const [one] = fc.sample(decidedOf(fc.constant('a')), 1) as [PlainRequest];
  const allow: Decision = { ...one.decision, effect: 'allow', reason: 'one' };
  const decided = (decision: Decision): PlainRequest => ({ ...one, resource: null, decision });
  expectSameOf([decided(allow), decided({ ...allow, reason: 'two' }), decided({ ...allow, effect: 'deny' })]);
});

test('more processes than are kept have each its own text', () => {
  const [one] = fc.sample(decidedOf(fc.constant('a')), 1) as [PlainRequest];
  const of = (instance: string): PlainRequest => ({
    ...one,
    resource: null,
    subject: { ...one.subject, instance },
  });
  expectSameOf(Array.from({ length: 1000 }, (_, at) => of(`${at % 300}`)));
});
