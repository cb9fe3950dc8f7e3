import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keepLog } from '../../core/audit/keep-log.ts';
import { countExpired, pruneLog } from '../../core/audit/retention.ts';
import { finishedPieces } from '../../schemas/audit-pieces.ts';
import { buildDecision } from '../support/audit-entries.ts';
import { logsIn, openAudit, readLines, verifyLines } from '../support/audit-log.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const NOBODY = { spoke: 'creds', detail: null };
const numbered = (n: number) => buildDecision({ request: `creds-1-${n}` });

function piecesOf(directory: string, log: 'audit.jsonl' | 'security.log'): readonly string[] {
  return finishedPieces(log, fs.readdirSync(directory)).map(({ name }) => name);
}

/** The lines of all pieces, in the order in which they were written. */
function allLines(directory: string, log: 'audit.jsonl' | 'security.log'): string[] {
  return [...piecesOf(directory, log), log].flatMap((name) => readLines(`${directory}/${name}`));
}

describe('a log that has grown', () => {
  it('is cut into pieces that hold one chain, and every line of the security log', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory, 2000);
    for (let n = 1; n <= 30; n += 1) await audit.decision(numbered(n), NOBODY);
    audit.close();
    const names = piecesOf(directory, 'audit.jsonl');
    expect(names.length).toBeGreaterThan(3);
    expect(piecesOf(directory, 'security.log')).toHaveLength(names.length);
    expect(await verifyLines(allLines(directory, 'audit.jsonl'))).toMatchObject({
      ok: true,
      head: { seq: 30 },
      notes: [],
    });
    expect(allLines(directory, 'security.log')).toHaveLength(30);
    for (const name of names) expect(fs.statSync(`${directory}/${name}`).mode & 0o777).toBe(0o600);
  });

  it('goes on after a restart that finds finished pieces only', async () => {
    const directory = makeTemporaryDirectory();
    const first = openAudit(directory);
    await first.audit.decision(numbered(1), NOBODY);
    first.audit.rotate();
    first.audit.close();
    fs.rmSync(logsIn(directory).journal);
    const second = openAudit(directory);
    expect(second.audit.head.seq).toBe(1);
    await second.audit.decision(numbered(2), NOBODY);
    second.audit.close();
    expect(await verifyLines(allLines(directory, 'audit.jsonl'))).toMatchObject({
      ok: true,
      head: { seq: 2 },
    });
  });

  it('is not put over a piece that is there, and the records are kept', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, troubles } = openAudit(directory);
    await audit.decision(numbered(1), NOBODY);
    fs.writeFileSync(`${logsIn(directory).journal}.000000000001`, 'precious');
    audit.rotate();
    expect(troubles).toEqual([expect.stringContaining('EEXIST')]);
    await audit.decision(numbered(2), NOBODY);
    audit.close();
    expect(fs.readFileSync(`${logsIn(directory).journal}.000000000001`, 'utf8')).toBe('precious');
    expect(readLines(logsIn(directory).journal)).toHaveLength(2);
  });
});

describe('a log that somebody touches while it is written', () => {
  it.each([
    ['renamed', (path: string) => fs.renameSync(path, `${path}.old`)],
    ['removed', (path: string) => fs.rmSync(path)],
    ['cut to nothing', (path: string) => fs.truncateSync(path, 0)],
    ['replaced by an empty one', (path: string) => replace(path, '')],
  ])(
    '%s: a millisecond later the next record is in the file of its name, with the event that tells of it',
    async (_, touch) => {
      const directory = makeTemporaryDirectory();
      const { audit, clock } = openAudit(directory);
      await audit.decision(numbered(1), NOBODY);
      for (const file of Object.values(logsIn(directory))) touch(file);
      clock.advance(1);
      await audit.decision(numbered(2), NOBODY);
      audit.close();
      const [changed, decision] = readLines(logsIn(directory).journal).map((line) => JSON.parse(line));
      expect(changed).toMatchObject({ seq: 2, event: 'log_changed', detail: { after: 1 } });
      expect(decision).toMatchObject({ seq: 3, request: 'creds-1-2' });
      expect(readLines(logsIn(directory).security)).toHaveLength(1);
    },
  );

  it('replaced by what is no log: it is kept, and nothing is written behind it', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, clock } = openAudit(directory);
    await audit.decision(numbered(1), NOBODY);
    replace(logsIn(directory).journal, 'not a record\n');
    clock.advance(1);
    await audit.decision(numbered(2), NOBODY);
    audit.close();
    const events = readLines(logsIn(directory).journal).map((line) => JSON.parse(line).event);
    expect(events).toEqual(['damaged_log', 'log_changed', undefined]);
    const kept = fs.readdirSync(directory).filter((name) => name.includes('.damaged-'));
    expect(kept.map((name) => fs.readFileSync(`${directory}/${name}`, 'utf8'))).toEqual(['not a record\n']);
  });

  it('replaced by a link: nothing is written through it, and what should be recorded is refused', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, clock } = openAudit(directory);
    await audit.decision(numbered(1), NOBODY);
    const { journal } = logsIn(directory);
    fs.rmSync(journal);
    fs.writeFileSync(`${directory}/victim`, 'precious');
    fs.symlinkSync('victim', journal);
    clock.advance(1);
    await expect(audit.decision(numbered(2), NOBODY)).rejects.toThrow('found a symlink; move it away');
    expect(fs.readFileSync(`${directory}/victim`, 'utf8')).toBe('precious');
    audit.close();
  });

  it('is looked at once a millisecond: what is recorded before that is with the records before it', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, clock } = openAudit(directory);
    const { journal } = logsIn(directory);
    await audit.decision(numbered(1), NOBODY);
    fs.renameSync(journal, `${journal}.old`);
    await audit.decision(numbered(2), NOBODY);
    clock.advance(1);
    await audit.decision(numbered(3), NOBODY);
    audit.close();
    expect(readLines(`${journal}.old`)).toHaveLength(2);
    expect(readLines(journal)).toHaveLength(2);
    const lines = [...readLines(`${journal}.old`), ...readLines(journal)];
    expect(await verifyLines(lines)).toMatchObject({ ok: true, head: { seq: 4 } });
  });
});

it('trouble with the disk is told once, and its end too', async () => {
  const directory = makeTemporaryDirectory();
  const { audit, failAtWrite, troubles } = openAudit(directory);
  failAtWrite(1);
  await expect(audit.decision(numbered(1), NOBODY)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(audit.trouble).toBe('ENOSPC');
  await audit.decision(numbered(2), NOBODY);
  await audit.decision(numbered(3), NOBODY);
  expect(audit.trouble).toBe(null);
  expect(troubles).toEqual(['ENOSPC', null]);
  audit.close();
});

describe('retention', () => {
  const piece = (last: number, modifiedMs: number, bytes = 100) => ({ last, modifiedMs, bytes });
  const all = [piece(1, 1000), piece(2, 2000), piece(3, 3000)];
  const UNLIMITED = { keepMs: Number.POSITIVE_INFINITY, keepBytes: Number.POSITIVE_INFINITY };

  it.each([
    ['nothing, without a limit', UNLIMITED, 0],
    ['what is older than it may be', { ...UNLIMITED, keepMs: 2500 }, 2],
    ['what is exactly as old as it may be stays', { ...UNLIMITED, keepMs: 3000 }, 1],
    ['the oldest, until the rest fits with the piece being written', { ...UNLIMITED, keepBytes: 240 }, 2],
    [
      'all finished ones, where even the piece being written is too large',
      { ...UNLIMITED, keepBytes: 10 },
      3,
    ],
  ])('takes %s', (_, retention, count) => {
    expect(countExpired(all, retention, { now: 5000, currentBytes: 50 })).toBe(count);
  });

  it('removes pieces of both logs, after the record of it, and the chain still verifies', async () => {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    const names = { directory, journal: 'audit.jsonl', security: 'security.log' };
    for (let n = 1; n <= 4; n += 1) {
      await audit.decision(numbered(n), NOBODY);
      audit.rotate();
    }
    const size = ['journal', 'security'].reduce(
      (sum, log) => sum + fs.statSync(`${logsIn(directory)[log as 'journal']}.000000000001`).size,
      0,
    );
    const keep = { keepMs: Number.POSITIVE_INFINITY, keepBytes: 2.5 * size };
    expect(await pruneLog(createPowers(), audit, names, keep)).toMatchObject({ pieces: 2 });
    for (const log of ['audit.jsonl', 'security.log'] as const) {
      expect(piecesOf(directory, log)).toEqual([`${log}.000000000003`, `${log}.000000000004`]);
    }
    expect(await verifyLines(allLines(directory, 'audit.jsonl'))).toMatchObject({
      ok: true,
      begins: 2,
      head: { seq: 5 },
    });
    audit.close();
  });

  it('removes nothing where it cannot be recorded', async () => {
    const directory = makeTemporaryDirectory();
    const { audit, failAtWrite } = openAudit(directory);
    await audit.decision(numbered(1), NOBODY);
    audit.rotate();
    failAtWrite(1);
    const names = { directory, journal: 'audit.jsonl', security: 'security.log' };
    const none = { keepMs: -1, keepBytes: 0 };
    await expect(pruneLog(createPowers(), audit, names, none)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(piecesOf(directory, 'audit.jsonl')).toHaveLength(1);
    audit.close();
  });
});

describe('the daemon', () => {
  /** A log of two finished pieces, the older one written so many milliseconds ago, and a look at what to keep of it. */
  async function lookAfter(age: number) {
    const directory = makeTemporaryDirectory();
    const { audit } = openAudit(directory);
    for (let n = 1; n <= 2; n += 1) {
      await audit.decision(numbered(n), NOBODY);
      audit.rotate();
    }
    const powers = createPowers();
    const now = powers.clock.now() / 1000;
    fs.utimesSync(`${logsIn(directory).journal}.000000000001`, now, now - age / 1000);
    fs.utimesSync(`${logsIn(directory).journal}.000000000002`, now, now);
    const told: string[] = [];
    const names = { directory, journal: 'audit.jsonl', security: 'security.log' };
    const kept = keepLog(powers, {
      audit,
      names,
      retention: () => ({ keepMs: 86_400_000, keepBytes: 1000 }),
      onYoung: () => told.push('young'),
      onError: (error) => told.push(String(error)),
    });
    await kept.look();
    expect(piecesOf(directory, 'audit.jsonl')).toHaveLength(1);
    kept.stop();
    audit.close();
    return told;
  }

  it('is told where what is removed is not a day old', async () => {
    expect(await lookAfter(3_600_000)).toEqual(['young']);
  });

  it('is told nothing where it is older', async () => {
    expect(await lookAfter(90_000_000)).toEqual([]);
  });
});

function replace(path: string, text: string): void {
  fs.writeFileSync(`${path}.new`, text);
  fs.renameSync(`${path}.new`, path);
}
