import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHAIN_START, hashLines } from '../../core/audit/chain.ts';
import type { ChainHead } from '../../schemas/audit.ts';
import { verifyLines } from '../support/audit-log.ts';

const LENGTH = 30;

/** A chain of records, made by hand as its documentation describes it. */
function buildChain(length: number, event = 'ä'): string[] {
  const lines: string[] = [];
  let prev = CHAIN_START;
  for (let seq = 1; seq <= length; seq += 1) {
    const line = JSON.stringify({
      v: 1,
      seq,
      prev,
      time: '2030-01-01T00:00:00.000Z',
      type: 'event',
      event,
      spoke: null,
      detail: {},
    });
    lines.push(line);
    prev = hashLines(line);
  }
  return lines;
}

const lines = buildChain(LENGTH);
let kept: ChainHead;

beforeAll(async () => {
  const verdict = await verifyLines(lines);
  if (!verdict.ok) throw new Error(verdict.problem);
  kept = verdict.head;
});

const CHANGED = 'what was recorded before it was changed or removed';
const at = fc.integer({ min: 0, max: LENGTH - 1 });
const within = fc.integer({ min: 0, max: LENGTH - 2 });

it('an untouched chain verifies, and so does an empty one', async () => {
  expect(await verifyLines(lines)).toEqual({
    ok: true,
    begins: 0,
    head: { seq: LENGTH, hash: hashLines(lines.at(-1) ?? '') },
    notes: [],
  });
  expect(await verifyLines([])).toEqual({
    ok: true,
    begins: 0,
    head: { seq: 0, hash: CHAIN_START },
    notes: [],
  });
});

it('a hash is the SHA-256 of a line without its newline', () => {
  expect(hashLines('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(hashLines(Buffer.from('ä'))).toBe(hashLines('ä'));
});

describe('found at its line', () => {
  it('a record that was changed: the next one does not fit it', async () => {
    await fc.assert(
      fc.asyncProperty(within, fc.string({ minLength: 1 }), async (index, event) => {
        const changed = lines.with(index, JSON.stringify({ ...JSON.parse(lines[index] ?? ''), event }));
        expect(await verifyLines(changed)).toEqual({
          ok: false,
          file: 'audit.jsonl',
          line: index + 2,
          problem: CHANGED,
        });
      }),
      { numRuns: 100 },
    );
  });

  it('a single byte that was changed', async () => {
    await fc.assert(
      fc.asyncProperty(within, fc.nat(), fc.integer({ min: 33, max: 126 }), async (index, place, code) => {
        const line = lines[index] ?? '';
        const i = place % line.length;
        fc.pre(line.charCodeAt(i) !== code);
        const changed = `${line.slice(0, i)}${String.fromCharCode(code)}${line.slice(i + 1)}`;
        const verdict = await verifyLines(lines.with(index, changed));
        expect(verdict).toMatchObject({ ok: false });
        expect([index + 1, index + 2]).toContain('line' in verdict && verdict.line);
      }),
      { numRuns: 300 },
    );
  });

  it('a record that was removed', async () => {
    await fc.assert(
      fc.asyncProperty(within, async (index) => {
        expect(await verifyLines(lines.toSpliced(index, 1))).toEqual({
          ok: false,
          file: 'audit.jsonl',
          line: index + 1,
          problem: index === 0 ? 'records 1 to 1 are missing' : CHANGED,
        });
      }),
    );
  });

  it('two records that were swapped', async () => {
    await fc.assert(
      fc.asyncProperty(within, async (index) => {
        const swapped = lines.with(index, lines[index + 1] ?? '').with(index + 1, lines[index] ?? '');
        // With the first two, it is the second that does not follow on what comes before it.
        const line = Math.max(2, index + 1);
        expect(await verifyLines(swapped)).toEqual({
          ok: false,
          file: 'audit.jsonl',
          line,
          problem: CHANGED,
        });
      }),
    );
  });

  it('a record that was put in between, new or again', async () => {
    await fc.assert(
      fc.asyncProperty(at, at, async (index, source) => {
        const inserted = lines.toSpliced(index, 0, lines[source] ?? '');
        const verdict = await verifyLines(inserted);
        // Its twin may fit where it stands; then it is the one after it that does not.
        const line = source === index ? index + 2 : Math.max(2, index + 1);
        expect(verdict).toEqual({ ok: false, file: 'audit.jsonl', line, problem: CHANGED });
      }),
    );
  });

  it('what is no record', async () => {
    for (const text of ['', 'x', '{}', 'null', '[]', '{"seq":1}', '{"seq":"1","prev":"x"}']) {
      expect(await verifyLines(lines.toSpliced(3, 0, text))).toEqual({
        ok: false,
        file: 'audit.jsonl',
        line: 4,
        problem: 'this is not a record',
      });
    }
  });

  it('a number that was left out, though the hashes fit', async () => {
    const [first = ''] = lines;
    const second = JSON.stringify({ v: 1, seq: 3, prev: hashLines(first) });
    expect(await verifyLines([first, second])).toEqual({
      ok: false,
      file: 'audit.jsonl',
      line: 2,
      problem: 'expected record 2, found 3',
    });
  });

  it('a beginning that was cut off', async () => {
    expect(await verifyLines(lines.slice(7))).toEqual({
      ok: false,
      file: 'audit.jsonl',
      line: 1,
      problem: 'records 1 to 7 are missing',
    });
  });
});

it('an event of any name is no more than its name', async () => {
  for (const event of ['constructor', '__proto__', 'toString'])
    expect(await verifyLines(buildChain(2, event))).toMatchObject({ ok: true, notes: [] });
});

describe('only a head that was kept elsewhere tells', () => {
  it.each([
    ['an end that was cut off', lines.slice(0, -1)],
    ['a last record that was changed', lines.with(-1, `${lines.at(-1)?.slice(0, -1)},"x":1}`)],
    ['a chain that was rebuilt as a whole', buildChain(LENGTH, 'forged')],
  ])('%s', async (_, changed) => {
    expect(await verifyLines(changed)).toMatchObject({ ok: true });
    expect(await verifyLines(changed, kept)).toMatchObject({ ok: false });
  });

  it('and is content with a chain that has grown since', async () => {
    const grown = buildChain(LENGTH + 5);
    expect(await verifyLines(grown, kept)).toMatchObject({ ok: true, head: { seq: LENGTH + 5 } });
  });
});

describe('a chain that begins later', () => {
  const pruned = (detail: object | string | null) => {
    const rest = lines.slice(9);
    const prev = hashLines(rest.at(-1) ?? '');
    const event = { v: 1, seq: LENGTH + 1, prev, type: 'event', event: 'audit_pruned', spoke: null, detail };
    return [...rest, JSON.stringify(event)];
  };
  const ninth = { seq: 9, hash: hashLines(lines[8] ?? '') };

  it('verifies where one of its records says that what was before was removed', async () => {
    expect(await verifyLines(pruned(ninth))).toMatchObject({ ok: true, begins: 9 });
  });

  it.each([
    ['another number', { ...ninth, seq: 8 }],
    ['another hash', { ...ninth, hash: CHAIN_START }],
    ['nothing of it', {}],
    ['nothing that an event can tell', null],
    ['text', 'all'],
  ])('does not where that record tells of %s', async (_, detail) => {
    expect(await verifyLines(pruned(detail))).toMatchObject({
      ok: false,
      line: 1,
      problem: 'records 1 to 9 are missing',
    });
  });

  it('holds a head that was kept of its beginning, and cannot tell of one before that', async () => {
    expect(await verifyLines(pruned(ninth), ninth)).toMatchObject({ ok: true });
    const earlier = { seq: 5, hash: hashLines(lines[4] ?? '') };
    expect(await verifyLines(pruned(ninth), earlier)).toMatchObject({
      ok: false,
      problem: expect.stringContaining('removed by retention'),
    });
  });
});

describe('of writes of several records each', () => {
  /** The same records, so many to a write. */
  function inWrites(counts: readonly number[]): string[] {
    const all: string[] = [];
    let prev = CHAIN_START;
    for (const count of counts) {
      const write = Array.from({ length: count }, (_, at) => {
        const first = at === 0 ? { prev } : {};
        return JSON.stringify({
          v: 2,
          seq: all.length + at + 1,
          ...first,
          type: 'event',
          event: 'ä',
          detail: {},
        });
      });
      prev = hashLines(write.join('\n'));
      all.push(...write);
    }
    return all;
  }
  const counts = [1, 4, 3, 1, 6, 5];
  const records = inWrites(counts);
  /** All but the last write, which nothing follows that could carry its hash. */
  const followed = fc.integer({ min: 0, max: records.length - 1 - (counts.at(-1) ?? 0) });
  const nextBeginning = (index: number) =>
    records.findIndex((line, at) => at > index && line.includes('"prev"')) + 1;

  it('it verifies, and its head has the hash of the last write', async () => {
    const hash = hashLines(records.slice(-5).join('\n'));
    expect(await verifyLines(records)).toMatchObject({ ok: true, head: { seq: records.length, hash } });
  });

  it('a record that was changed shows no later than where the next write begins', async () => {
    await fc.assert(
      fc.asyncProperty(followed, fc.string({ minLength: 1 }), async (index, event) => {
        fc.pre(event !== 'ä');
        const changed = JSON.stringify({ ...JSON.parse(records[index] ?? ''), event });
        expect(await verifyLines(records.with(index, changed))).toMatchObject({
          ok: false,
          line: nextBeginning(index),
          problem: CHANGED,
        });
      }),
    );
  });

  it('so does one that was removed, swapped with the next or put in again', async () => {
    await fc.assert(
      fc.asyncProperty(followed, async (index) => {
        const [one = '', other = ''] = records.slice(index, index + 2);
        const forged = [
          records.toSpliced(index, 1),
          records.with(index, other).with(index + 1, one),
          records.toSpliced(index, 0, one),
        ];
        for (const lines of forged) {
          const verdict = await verifyLines(lines);
          expect(verdict).toMatchObject({ ok: false });
          expect('line' in verdict && verdict.line).toBeLessThanOrEqual(
            nextBeginning(index + 1) || records.length,
          );
        }
      }),
    );
  });

  it('two writes cannot be made one, nor one two', async () => {
    const fields = (index: number) => JSON.parse(records[index] ?? '') as Record<string, unknown>;
    for (let index = 1; index < records.length - 5; index += 1) {
      const { prev, ...rest } = fields(index);
      // The hash that the record would have to carry if a write had begun with it.
      const begin = records.findLastIndex((line, at) => at < index && line.includes('"prev"'));
      const before = hashLines(records.slice(begin, index).join('\n'));
      const other = prev === undefined ? { prev: before, ...rest } : rest;
      expect(await verifyLines(records.with(index, JSON.stringify(other)))).toMatchObject({ ok: false });
    }
  });

  it('only a head that was kept tells that the last write was changed or cut short, and none that it was added to', async () => {
    const verdict = await verifyLines(records);
    const head = verdict.ok ? verdict.head : null;
    const again = JSON.stringify({ v: 2, seq: records.length + 1, type: 'event', event: 'x', detail: {} });
    for (const forged of [
      records.with(-2, records.at(-2)?.replace('ä', 'o') ?? ''),
      records.slice(0, -1),
      records.with(-1, records.at(-1)?.replace('ä', 'o') ?? ''),
    ]) {
      expect(await verifyLines(forged)).toMatchObject({ ok: true });
      expect(await verifyLines(forged, head)).toMatchObject({ ok: false });
    }
    // It holds up to the head, whatever was added to that write.
    expect(await verifyLines([...records, again], head)).toMatchObject({ ok: true, head: { seq: 21 } });
  });

  it('it cannot begin in the middle of a write', async () => {
    expect(await verifyLines(records.slice(2))).toMatchObject({
      ok: false,
      line: 1,
      problem: 'records 1 to 2 are missing',
    });
  });

  it('a record of the older form without a hash is none', async () => {
    const older = records.with(3, records[3]?.replace('"v":2', '"v":1') ?? '');
    expect(await verifyLines(older)).toMatchObject({ ok: false, line: 4, problem: 'this is not a record' });
  });
});
