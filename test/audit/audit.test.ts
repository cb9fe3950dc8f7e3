import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hashLines } from '../../core/audit/chain.ts';
import type { PlainRequest } from '../../core/audit/decision-entry.ts';
import { buildDecision, buildOutcome } from '../support/audit-entries.ts';
import { logsIn, openAudit, readLines, readRecords, verifyJournal } from '../support/audit-log.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const NOBODY = { spoke: 'creds', detail: null };
const numbered = (n: number) => buildDecision({ request: `creds-1-${n}` });
const plain = (n: number): PlainRequest => ({
  subject: { spoke: 'creds', instance: 'creds#1', level: 'none' },
  request: `r-${n}`,
  command: 'hud_segment_value',
  action: 'hud',
  resource: null,
  target: null,
  decision: { effect: 'allow', reason: 'every spoke may', rule: null, source: 'system', viaOverride: false },
  policy: '0123456789abcdef',
});

describe('a record', () => {
  it('is in both files when its promise settles, and in neither before the tick is over', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const recorded = audit.decision(numbered(1), NOBODY);
    expect(readFileSync(logsIn(directory).journal, 'utf8')).toBe('');
    await recorded;
    expect(readRecords(directory)).toEqual([
      { v: 2, seq: 1, prev: '0'.repeat(64), time: '2030-01-01T00:00:00.000Z', ...numbered(1) },
    ]);
    expect(readLines(logsIn(directory).security)).toEqual([
      '[SECURITY] spoke=creds action=notify allowed=true detail=None via_override=false',
    ]);
    audit.close();
  });

  it('of an outcome or an event is in the journal alone', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    await audit.outcome(buildOutcome());
    await audit.event({ type: 'event', event: 'started', spoke: null, detail: { level: 'none' } });
    expect(readRecords(directory).map(({ type }) => type)).toEqual(['outcome', 'event']);
    expect(readLines(logsIn(directory).security)).toEqual([]);
    audit.close();
  });

  it('of a decision without an object has what comes of it, in the order of the others and before they are told', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const found: unknown[] = [];
    const outcome = { ok: true, code: null, duration_ms: 0.1 };
    void audit.decision(numbered(1), NOBODY);
    audit.plainDecision(plain(2), outcome, () => found.push(...readRecords(directory)));
    await audit.decision(numbered(3), NOBODY);
    expect(found).toMatchObject([
      { request: 'creds-1-1' },
      { request: 'r-2', outcome },
      { request: 'creds-1-3' },
    ]);
    expect(readLines(logsIn(directory).security)).toHaveLength(3);
    audit.close();
  });

  it('is one line, whatever is in it', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const nasty = 'a\nb\r\u2028\u0085\x1b[31m\ud800"\\';
    await audit.decision(buildDecision({ action: 'fs_read', resource: nasty }), {
      spoke: 'creds',
      detail: nasty,
    });
    expect(readRecords(directory)).toHaveLength(1);
    expect(readLines(logsIn(directory).security)).toHaveLength(1);
    expect(await verifyJournal(directory)).toMatchObject({ ok: true });
    audit.close();
  });
});

describe('the records of one tick', () => {
  it('are one write to each file', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, writes } = openAudit(directory);
    await Promise.all(Array.from({ length: 50 }, (_, n) => audit.decision(numbered(n), NOBODY)));
    const { journal, security } = logsIn(directory);
    expect(writes.map(({ path }) => path)).toEqual([security, journal]);
    expect(readRecords(directory)).toHaveLength(50);
    await audit.outcome(buildOutcome());
    expect(writes.map(({ path }) => path)).toEqual([security, journal, journal]);
    audit.close();
  });

  it('carry one hash, of all that was written before', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const record = (count: number) =>
      Promise.all(Array.from({ length: count }, (_, n) => audit.decision(numbered(n), NOBODY)));
    for (const count of [3, 2, 1]) await record(count);
    const lines = readLines(logsIn(directory).journal);
    expect(readRecords(directory).map(({ prev }) => prev)).toEqual([
      '0'.repeat(64),
      undefined,
      undefined,
      hashLines(lines.slice(0, 3).join('\n')),
      undefined,
      hashLines(lines.slice(3, 5).join('\n')),
    ]);
    expect(audit.head).toEqual({ seq: 6, hash: hashLines(lines.at(-1) ?? '') });
    expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: audit.head });
    audit.close();
  });

  it('are in the order in which they were made', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const requests = Array.from({ length: 10 }, (_, n) => `creds-1-${n}`);
    await Promise.all(requests.map((request) => audit.outcome(buildOutcome({ request }))));
    const records = readRecords(directory);
    expect(records.map(({ seq }) => seq)).toEqual(requests.map((_, n) => n + 1));
    expect(records.map((record) => 'request' in record && record.request)).toEqual(requests);
    audit.close();
  });

  it('of those who are told of others are written once all are told, in the order in which they came', () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const told: string[] = [];
    const tell = (name: string) => () => void told.push(name);
    const large = { ...plain(2), resource: 'x'.repeat(1000) };
    audit.plainDecision(plain(1), null, () => {
      told.push('one');
      for (let at = 0; at < 1000; at += 1) audit.plainDecision(large, null, tell('large'));
    });
    audit.plainDecision(plain(3), null, tell('three'));
    audit.flush();
    expect(told.slice(0, 3)).toEqual(['one', 'three', 'large']);
    audit.close();
    expect(told).toHaveLength(1002);
    expect(readRecords(directory)).toHaveLength(1002);
  });

  it('are told to all, whoever of them fails to hear of it', () => {
    const { audit } = openAudit(makeTemporaryDirectory());
    const told: number[] = [];
    audit.plainDecision(plain(1), null, () => {
      throw new Error('deaf');
    });
    audit.plainDecision(plain(2), null, () => told.push(2));
    audit.close();
    expect(told).toEqual([2]);
  });

  it('are refused where the last ones are being told while the log closes', () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const told: unknown[] = [];
    audit.plainDecision(plain(1), null, () => {
      audit.plainDecision(plain(2), null, (error) => told.push(error));
    });
    audit.close();
    expect(told).toMatchObject([{ code: 'unavailable' }]);
    expect(readRecords(directory)).toHaveLength(1);
  });

  it('that come after the log is closed are refused', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    audit.close();
    await expect(audit.decision(numbered(1), NOBODY)).rejects.toMatchObject({ code: 'unavailable' });
    expect(readRecords(directory)).toEqual([]);
  });

  it('are written when the log is closed before the tick is over', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const recorded = audit.decision(numbered(1), NOBODY);
    audit.close();
    expect(readRecords(directory)).toHaveLength(1);
    await recorded;
  });
});

describe('the chain', () => {
  it('verifies, and its head is the last record', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    expect(audit.head).toEqual({ seq: 0, hash: '0'.repeat(64) });
    for (let n = 1; n <= 20; n += 1) await audit.decision(numbered(n), NOBODY);
    const head = { seq: 20, hash: hashLines(readLines(logsIn(directory).journal).at(-1) ?? '') };
    expect(audit.head).toEqual(head);
    expect(await verifyJournal(directory)).toMatchObject({ ok: true, head });
    audit.close();
  });

  it('goes on after a restart where it had ended', async () => {
    const directory = makeTemporaryDirectory();
    for (let run = 0; run < 3; run += 1) {
      const { audit } = openAudit(directory);
      await audit.decision(numbered(run), NOBODY);
      audit.close();
    }
    expect(readRecords(directory).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await verifyJournal(directory)).toMatchObject({ ok: true });
  });

  it('goes on after a tick of many records, and after one that a crash cut off anywhere', async () => {
    const whole = makeTemporaryDirectory();
    const { audit } = openAudit(whole);
    await audit.decision(numbered(0), NOBODY);
    await Promise.all([1, 2, 3].map((n) => audit.decision(numbered(n), NOBODY)));
    audit.close();
    const text = readFileSync(logsIn(whole).journal);
    const lengths = Array.from({ length: text.length }, (_, at) => at + 1).filter(
      // Each place would take long, and those within a line are alike.
      (length) => length % 37 === 0 || [text.length, 0].includes(length) || text[length - 1] === 10,
    );
    for (const length of lengths) {
      const directory = makeTemporaryDirectory();
      writeFileSync(logsIn(directory).journal, text.subarray(0, length));
      const next = openAudit(directory).audit;
      await next.decision(numbered(4), NOBODY);
      next.close();
      const torn = text[length - 1] === 10 ? 0 : 1;
      const kept = text.subarray(0, length).filter((byte) => byte === 10).length;
      expect(readRecords(directory)).toHaveLength(kept + torn + 1);
      expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: next.head });
    }
  });

  it('goes on after a tick of more records than are looked through for the beginning of a write', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const reason = 'x'.repeat(100_000);
    const records = Array.from({ length: 180 }, (_, n) => buildDecision({ request: `creds-1-${n}`, reason }));
    await Promise.all(records.map((record) => audit.decision(record, NOBODY)));
    const { head } = audit;
    audit.close();
    const next = openAudit(directory).audit;
    expect(next.head).toEqual(head);
    await next.decision(numbered(180), NOBODY);
    next.close();
    expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: { seq: 181 }, notes: [] });
  });

  it('goes on after one of the form in which each record carried the hash of the one before', async () => {
    const directory = makeTemporaryDirectory();
    let prev = '0'.repeat(64);
    for (const seq of [1, 2]) {
      const time = '2030-01-01T00:00:00.000Z';
      const line = JSON.stringify({ v: 1, seq, prev, time, ...buildOutcome() });
      writeFileSync(logsIn(directory).journal, `${line}\n`, { flag: 'a' });
      prev = hashLines(line);
    }
    const { audit } = openAudit(directory);
    expect(audit.head).toEqual({ seq: 2, hash: prev });
    await audit.outcome(buildOutcome());
    audit.close();
    expect(readRecords(directory).map(({ v }) => v)).toEqual([1, 1, 2]);
    expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: { seq: 3 } });
  });

  it('goes on after a record with letters of any script at its end', async () => {
    const directory = makeTemporaryDirectory();
    for (let run = 0; run < 2; run += 1) {
      const { audit } = openAudit(directory);
      await audit.outcome(buildOutcome({ request: 'ä漢😀' }));
      audit.close();
    }
    expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: { seq: 2 } });
  });
});

describe('what a crash cut off', () => {
  async function torn(tail: string) {
    const directory = makeTemporaryDirectory();
    const first = openAudit(directory);
    await first.audit.decision(numbered(1), NOBODY);
    first.audit.close();
    for (const file of Object.values(logsIn(directory))) {
      writeFileSync(file, readFileSync(file, 'utf8') + tail);
    }
    return directory;
  }

  it.each([
    ['half a record', '{"v":1,"seq":2,"prev":"'],
    ['one byte', '{'],
    ['a record without its newline', JSON.stringify({ v: 1, seq: 2, prev: 'x' })],
    ['bytes that are no text', '\0\0\0'],
    ['more than is read at once', 'x'.repeat(3_000_000)],
  ])('is taken out, and told of in the chain: %s', async (_, tail) => {
    const directory = await torn(tail);
    const { audit } = openAudit(directory);
    await audit.decision(numbered(2), NOBODY);
    audit.close();
    const records = readRecords(directory);
    expect(records.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'decision'],
      [2, 'event'],
      [3, 'decision'],
    ]);
    const [, told] = records;
    expect(told).toMatchObject({ event: 'torn_record', spoke: null });
    expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: { seq: 3 } });
    expect(readLines(logsIn(directory).security)).toHaveLength(2);
  });

  it('is kept as it was', async () => {
    const directory = await torn('half ä');
    openAudit(directory).audit.close();
    const [, told] = readRecords(directory);
    expect(told).toMatchObject({ detail: { base64: Buffer.from('half ä').toString('base64') } });
  });

  it('is all that there is, where the file has no whole line', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(logsIn(directory).journal, '{"v":1,"se');
    const { audit } = openAudit(directory);
    await audit.decision(numbered(1), NOBODY);
    audit.close();
    expect(readRecords(directory).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await verifyJournal(directory)).toMatchObject({ ok: true });
  });
});

describe('a last record that cannot be read', () => {
  it.each([
    ['is no JSON', 'not a record\n'],
    ['is followed by half a line', 'not a record\nhalf'],
    ['is JSON, but no record', '{"seq":"1"}\n'],
    ['is null', 'null\n'],
    ['is no beginning of a write, nor is any before it', '{"v":2,"seq":1}\n{"v":2,"seq":2}\n'],
    ['is of the older form and carries no hash', '{"v":1,"seq":1}\n'],
    ['is an empty line', `{"v":1,"seq":1,"prev":"${'0'.repeat(64)}"}\n\n`],
  ])('starts a new chain and keeps the old file, where it %s', async (_, text) => {
    const directory = makeTemporaryDirectory();
    writeFileSync(logsIn(directory).journal, text);
    const { audit } = openAudit(directory);
    await audit.decision(numbered(1), NOBODY);
    audit.close();
    const [first] = readRecords(directory);
    expect(first).toMatchObject({ seq: 1, prev: '0'.repeat(64), event: 'damaged_log' });
    const kept = readdirSync(directory).filter((name) => name.startsWith('audit.jsonl.damaged-'));
    expect(kept).toHaveLength(1);
    expect(readFileSync(`${directory}/${kept[0]}`, 'utf8')).toBe(text);
  });
});

describe('a disk that is full', () => {
  const FILES = ['journal', 'security'] as const;

  it.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'at write %i rejects what it was about, leaves no half line, and the chain goes on',
    async (n) => {
      const directory = makeTemporaryDirectory();
      const { audit, failAtWrite } = openAudit(directory);
      failAtWrite(n);
      const outcomes: string[] = [];
      for (let request = 1; request <= 8; request += 1) {
        const recorded = audit.decision(numbered(request), NOBODY);
        outcomes.push(await recorded.then(() => 'recorded').catch((error) => error.code));
        for (const file of FILES) readLines(logsIn(directory)[file]);
      }
      // Two writes a record: the security log, then the journal.
      const failed = Math.ceil(n / 2);
      expect(outcomes).toEqual(outcomes.map((_, index) => (index + 1 === failed ? 'ENOSPC' : 'recorded')));
      expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: audit.head });
      // What could not be written to one of them is in neither.
      expect(readLines(logsIn(directory).security)).toHaveLength(7);
      expect(readRecords(directory)).toHaveLength(7);
      audit.close();
    },
  );

  it('rejects every record of the tick, and none of the next', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, failAtWrite } = openAudit(directory);
    failAtWrite(1);
    const batch = await Promise.allSettled([1, 2, 3].map((n) => audit.decision(numbered(n), NOBODY)));
    expect(batch.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await audit.decision(numbered(4), NOBODY);
    expect(readRecords(directory).map((record) => 'request' in record && record.request)).toEqual([
      'creds-1-4',
    ]);
    audit.close();
  });

  it('is told to those who wait without a promise too, and ends nothing where nobody has one', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, failAtWrite } = openAudit(directory);
    failAtWrite(1);
    const told: unknown[] = [];
    audit.plainDecision(plain(1), null, (error) => told.push((error as { code?: string } | null)?.code));
    audit.flush();
    audit.plainDecision(plain(2), null, (error) => told.push(error));
    audit.flush();
    audit.close();
    audit.plainDecision(plain(3), null, (error) => told.push((error as { code?: string } | null)?.code));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(['ENOSPC', null, 'unavailable']);
    expect(readRecords(directory)).toMatchObject([{ request: 'r-2' }]);
  });

  it.each([1, 2])('at write %i leaves no record that something was done', (n) => {
    const directory = makeTemporaryDirectory();
    const { audit, failAtWrite } = openAudit(directory);
    failAtWrite(n);
    const told: unknown[] = [];
    audit.plainDecision(plain(1), { ok: true, code: null, duration_ms: 1 }, (error) => told.push(error));
    audit.close();
    expect(told).toMatchObject([{ code: 'ENOSPC' }]);
    expect(readRecords(directory)).toEqual([]);
    expect(readLines(logsIn(directory).security)).toEqual([]);
  });

  it('at the start, with a torn record to tell of, ends nothing', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(logsIn(directory).journal, 'half');
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => unhandled.push(error));
    try {
      const { audit, failAtWrite } = openAudit(directory);
      failAtWrite(1);
      audit.close();
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
    expect(unhandled).toEqual([]);
  });
});

describe('the files', () => {
  it('are for their owner alone', () => {
    const directory = makeTemporaryDirectory();
    const before = process.umask(0);
    try {
      openAudit(directory).audit.close();
    } finally {
      process.umask(before);
    }
    for (const file of Object.values(logsIn(directory))) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each(['journal', 'security'] as const)(
    'are never another file: a link planted for the %s is refused',
    (which) => {
      const directory = makeTemporaryDirectory();
      writeFileSync(`${directory}/victim`, 'precious');
      symlinkSync('victim', logsIn(directory)[which]);
      expect(() => openAudit(directory)).toThrow('found a symlink; move it away');
      expect(readFileSync(`${directory}/victim`, 'utf8')).toBe('precious');
    },
  );

  it('are not made where they cannot be: the daemon is told (skipped as root, who can)', ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may write everywhere');
    const directory = makeTemporaryDirectory();
    chmodSync(directory, 0o500);
    expect(() => openAudit(directory)).toThrow('EACCES');
    chmodSync(directory, 0o700);
  });
});
