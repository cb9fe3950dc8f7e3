import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { AxiumError } from '../../core/errors.ts';
import { ExecutorLog } from '../../core/executor/executor-log.ts';
import { Seen } from '../../core/executor/seen.ts';
import { pieceName } from '../../schemas/audit-pieces.ts';
import type { ExecutorDecisionEntry } from '../../schemas/executor.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const allowed: ExecutorDecisionEntry = {
  type: 'privileged',
  ...{ request: 'r-1', uid: 1000, pid: 7, principal: 'spoke:x', action: 'one', params: {} },
  ...{ argv: ['/usr/bin/true'], effect: 'allow', reason: 'action one, operator' },
};

test('what stands in the piece that was finished last is recalled too: its ids, and what was left without an end', () => {
  const path = `${makeTemporaryDirectory()}/audit.jsonl`;
  const powers = { ...createPowers(), files: fs, uid: process.getuid?.() ?? 0 };
  const before = new ExecutorLog(powers, path);
  const { seq } = before.record(allowed);
  before.close();
  fs.renameSync(path, pieceName(path, seq));

  const log = new ExecutorLog(powers, path);
  const seen = new Seen();
  log.recall(seen);
  log.close();
  expect(seen.has(1000, 'r-1')).toBe(true);
  const records = fs
    .readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records).toMatchObject([
    { type: 'result', of: seq, end: 'unknown' },
    { type: 'event', event: 'interrupted', detail: { of: seq, request: 'r-1' } },
  ]);
});

const START = { type: 'event', event: 'executor_started', spoke: null, detail: {} } as const;

test.each([
  ['no JSON', '{"v":1,"seq":2,'],
  ['no object', 'null'],
  ['no record', '{"type":"privileged","effect":"allow","uid":1000,"request":"r-2"}'],
  ['nothing', ''],
])('a line in the middle that is %s is named, and nothing is recalled past it', (_what, line) => {
  const path = `${makeTemporaryDirectory()}/audit.jsonl`;
  const powers = { ...createPowers(), files: fs, uid: process.getuid?.() ?? 0 };
  const before = new ExecutorLog(powers, path);
  before.record(allowed);
  before.record(START);
  before.close();
  const [first, last] = fs.readFileSync(path, 'utf8').split('\n');
  const damaged = `${first}\n${line}\n${last}\n`;
  fs.writeFileSync(path, damaged);

  const log = new ExecutorLog(powers, path);
  const problem = `${path}:2: expected a record, found none, so nothing is carried out; find out who wrote there, then: mv ${path} ${path}.damaged`;
  expect(() => log.recall(new Seen())).toThrow(new AxiumError('invalid', problem));
  log.close();
  expect(fs.readFileSync(path, 'utf8')).toBe(damaged);

  fs.renameSync(path, `${path}.damaged`);
  const after = new ExecutorLog(powers, path);
  after.recall(new Seen());
  expect(after.record(START)).toMatchObject({ seq: 1 });
  after.close();
});
