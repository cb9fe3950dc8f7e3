import { readFileSync, statSync } from 'node:fs';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SpokeLog } from '../../core/supervisor/spoke-log.ts';
import { SpokeLogs } from '../../core/supervisor/spoke-logs.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { createRecordingFiles } from '../support/recording-files.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { observeLife, startUntil } from './support/observed-life.ts';

const MEBIBYTE = 1_048_576;
let path: string;
let powers: TestPowers;

beforeEach(() => {
  path = `${makeTemporaryDirectory()}/creds.log`;
  powers = createPowers();
});

function open(): SpokeLog {
  const log = new SpokeLog(powers, path);
  onTestFinished(() => log.close());
  return log;
}

const text = () => readFileSync(path, 'utf8');
const lines = (bytes: number) => Buffer.from(`${'x'.repeat(63)}\n`.repeat(bytes / 64));

test('what a spoke prints is in its log, with what the daemon has to say of it', () => {
  const log = open();
  log.write(Buffer.from('one\n'));
  log.note('it ended with exit code 0');
  expect(text()).toBe('one\n[axium] it ended with exit code 0\n');
  expect(log.tail()).toBe(text());
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a restart goes on in the same file', () => {
  open().write(Buffer.from('one\n'));
  open().write(Buffer.from('two\n'));
  expect(text()).toBe('one\ntwo\n');
});

test('a character whose bytes come in two pieces is one character in the log', () => {
  const log = open();
  const bytes = Buffer.from('日');
  log.write(bytes.subarray(0, 1));
  log.write(bytes.subarray(1));
  expect(text()).toBe('日');
});

test('the end of what was printed is shown, over both files', () => {
  const log = open();
  log.write(lines(MEBIBYTE - 64));
  powers.clock.advance(10_001);
  log.write(Buffer.from(`${'y'.repeat(99)}\n`));
  expect(log.tail()).toHaveLength(65_536);
  expect(log.tail().endsWith(`x\n${'y'.repeat(99)}\n`)).toBe(true);
});

describe('a spoke that prints without end', () => {
  test('has a mebibyte of it kept in ten seconds, and is told how much was left out', () => {
    const log = open();
    log.write(lines(MEBIBYTE - 64));
    log.write(lines(4096));
    log.write(lines(4096));
    expect(text()).toHaveLength(MEBIBYTE);
    powers.clock.advance(10_001);
    log.write(Buffer.from('later\n'));
    expect(text()).toBe('[axium] 8128 bytes were left out: more than 1048576 in 10 s\nlater\n');
  });

  test('is told so also when nothing follows', () => {
    const log = open();
    log.write(lines(2 * MEBIBYTE));
    log.note('it ended');
    expect(text()).toBe(
      `[axium] ${MEBIBYTE} bytes were left out: more than 1048576 in 10 s\n[axium] it ended\n`,
    );
  });

  test.each([
    ['text', lines(65_536)],
    ['bytes that are no text', Buffer.alloc(65_536, 0xff)],
  ])('costs two files of a mebibyte, in whatever time: %s', (_what, chunk) => {
    const log = open();
    for (let round = 0; round < 100; round += 1) {
      log.write(chunk);
      powers.clock.advance(1000);
    }
    for (const file of [path, `${path}.1`]) expect(statSync(file).size).toBeLessThanOrEqual(MEBIBYTE);
  });

  test('costs that as a real process as well', async () => {
    const observed = observeLife('prints');
    await startUntil(observed, 'backoff');
    const sizes = [observed.logFile, `${observed.logFile}.1`].map((file) => {
      return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    });
    expect(sizes[0]).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MEBIBYTE);
  });
});

test('a full disk loses what is printed, ends nothing, and how much was lost is told later', () => {
  const { files, failAtWrite } = createRecordingFiles();
  powers = createPowers({ filesNow: files });
  const log = open();
  log.write(Buffer.from('before\n'));
  failAtWrite(1);
  log.write(Buffer.from('lost\n'));
  log.note('after');
  expect(text()).toMatch(/^before\n\[axium\] 5 bytes were left out[^\n]*\n\[axium\] after\n$/);
});

test('each spoke has its own log, opened once', () => {
  const directory = makeTemporaryDirectory();
  const logs = new SpokeLogs(powers, directory);
  onTestFinished(() => logs.close());
  logs.of('creds').write(Buffer.from('creds\n'));
  logs.of('aws').write(Buffer.from('aws\n'));
  expect(logs.of('creds')).toBe(logs.of('creds'));
  expect([logs.of('creds').tail(), logs.of('aws').tail()]).toEqual(['creds\n', 'aws\n']);
});
