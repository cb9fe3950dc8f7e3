import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { AppendFile } from '../../core/append-file.ts';
import type { FilesNow } from '../../core/powers.ts';
import { buildDecision } from '../support/audit-entries.ts';
import { logsIn, openAudit, readRecords, verifyJournal } from '../support/audit-log.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const FILES = fs as unknown as FilesNow;
const OWN = process.getuid?.() ?? 0;

let directory: string;
let path: string;

beforeEach(() => {
  directory = makeTemporaryDirectory();
  path = `${directory}/lines`;
});

test.each([
  ['a FIFO', () => execFileSync('mkfifo', [path]), 'found something else; move it away'],
  ['a directory', () => fs.mkdirSync(path), 'found a directory; move it away'],
  ['a symlink', () => fs.symlinkSync('elsewhere', path), 'found a symlink; move it away'],
  [
    'one of two names of a file',
    () => {
      fs.writeFileSync(`${path}.other`, 'precious');
      fs.linkSync(`${path}.other`, path);
    },
    'found one with several names (hard links); copy it, and keep the copy',
  ],
])('%s is never taken for a file of lines, and nothing is changed', (_, put, said) => {
  put();
  expect(() => new AppendFile(FILES, path)).toThrow(
    `${path}: expected a regular file of the daemon, ${said}`,
  );
  expect(fs.existsSync(`${directory}/elsewhere`)).toBe(false);
  if (fs.existsSync(`${path}.other`)) expect(fs.readFileSync(path, 'utf8')).toBe('precious');
});

test('a file of another user is refused, since that user can change it at any time', () => {
  fs.writeFileSync(path, 'line\n');
  expect(() => new AppendFile(FILES, path, OWN + 1)).toThrow(`found one of uid ${OWN}; change its owner`);
  new AppendFile(FILES, path, OWN).close();
});

test('10 MB of garbage behind the last record is kept beside, and the chain tells where', async () => {
  const first = openAudit(directory);
  await first.audit.decision(buildDecision(), { spoke: 'creds', detail: null });
  first.audit.close();
  const garbage = Buffer.alloc(10_000_000, 0xa5);
  fs.appendFileSync(logsIn(directory).journal, garbage);
  const { audit } = openAudit(directory);
  await audit.decision(buildDecision(), { spoke: 'creds', detail: null });
  audit.close();
  const [, torn] = readRecords(directory);
  const detail = torn?.type === 'event' ? torn.detail : {};
  expect(Object.keys(detail)).toEqual(['kept_as']);
  expect(fs.readFileSync(String(detail.kept_as)).equals(garbage)).toBe(true);
  expect(await verifyJournal(directory)).toMatchObject({ ok: true, head: { seq: 3 } });
});
