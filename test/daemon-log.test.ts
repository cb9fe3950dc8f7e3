import * as fs from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { DaemonLog } from '../core/daemon-log.ts';
import { createRecordingFiles } from './support/recording-files.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = makeTemporaryDirectory();
  path = `${directory}/daemon.log`;
});

const read = (name = 'daemon.log') => fs.readFileSync(`${directory}/${name}`, 'utf8');
const MEBIBYTE = 1_048_576;

test('the daemon log is bounded: four files of four mebibytes, the newest lines in the one of its name', () => {
  const log = new DaemonLog(fs, path);
  for (let n = 0; n < 40; n += 1) log.write(`${n}${'x'.repeat(MEBIBYTE)}\n`);
  log.write('last\n');
  expect(fs.readdirSync(directory).sort()).toEqual([
    ...['daemon.log', 'daemon.log.1', 'daemon.log.2', 'daemon.log.3'],
  ]);
  const firstLines = ['', '.3', '.2', '.1'].map((piece) => read(`daemon.log${piece}`).slice(0, 2));
  expect(firstLines).toEqual(['39', '30', '33', '36']);
  expect(read().endsWith('\nlast\n')).toBe(true);
  for (const name of fs.readdirSync(directory)) {
    expect(fs.statSync(`${directory}/${name}`).size).toBeLessThanOrEqual(4 * MEBIBYTE);
    expect(fs.statSync(`${directory}/${name}`).mode & 0o777).toBe(0o600);
  }
});

test('a line goes into the file of its name, whether somebody moved, removed or cut the one before', () => {
  const log = new DaemonLog(fs, path);
  log.write('one\n');
  fs.renameSync(path, `${path}.mine`);
  log.write('two\n');
  expect([read('daemon.log.mine'), read()]).toEqual(['one\n', 'two\n']);
  fs.rmSync(path);
  log.write('three\n');
  expect(read()).toBe('three\n');
  fs.truncateSync(path);
  log.write('four\n');
  expect(read()).toBe('four\n');
});

test('reopened, it is there without a line', () => {
  const log = new DaemonLog(fs, path);
  fs.renameSync(path, `${path}.mine`);
  log.reopen();
  expect(read()).toBe('');
});

test('what cannot be written is lost, and what comes after it is whole', () => {
  const { files, failAtWrite } = createRecordingFiles();
  const log = new DaemonLog(files, path);
  log.write('one\n');
  failAtWrite(1);
  log.write('lost\n');
  log.write('two\n');
  expect(read()).toBe('one\ntwo\n');
});

test('the beginning of a line that a crash had cut off stays, as a line', () => {
  fs.writeFileSync(path, 'one\nhalf ü');
  new DaemonLog(fs, path).write('two\n');
  expect(read()).toBe('one\nhalf ü\ntwo\n');
});

test('what is no file of the daemon is refused', () => {
  fs.symlinkSync('/etc/passwd', path);
  expect(() => new DaemonLog(fs, path)).toThrow('found a symlink');
});
