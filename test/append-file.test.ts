import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppendFile, lastLinesOf } from '../core/append-file.ts';
import type { FilesNow } from '../core/powers.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = fs.mkdtempSync(`${tmpdir()}/axium-test-`);
  path = `${directory}/lines`;
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

/** A disk that takes half of what is written and fails then, and that cannot shorten a file, while it is `broken`. */
function failingDisk() {
  const disk = { broken: true };
  const fails = () => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };
  let calls = 0;
  const writeSync = (fd: number, bytes: Buffer, offset: number) => {
    if (!disk.broken) return fs.writeSync(fd, bytes, offset);
    calls += 1;
    return calls % 2 === 1 ? fs.writeSync(fd, bytes, offset, 3) : fails();
  };
  const ftruncateSync = (fd: number, length: number) =>
    disk.broken ? fails() : fs.ftruncateSync(fd, length);
  return { disk, files: { ...fs, writeSync, ftruncateSync } as unknown as FilesNow };
}

test('half a line that could not be taken away is gone before the next one is appended', () => {
  const { disk, files } = failingDisk();
  const file = new AppendFile(files, path);
  expect(() => file.append('first line\n')).toThrow('EIO');
  expect(fs.readFileSync(path, 'utf8')).toBe('fir');
  disk.broken = false;
  file.append('second line\n');
  file.close();
  expect(fs.readFileSync(path, 'utf8')).toBe('second line\n');
});

test('nothing is appended behind half a line that cannot be taken away', () => {
  const { files } = failingDisk();
  const file = new AppendFile(files, path);
  expect(() => file.append('first line\n')).toThrow('EIO');
  expect(() => file.append('second line\n')).toThrow('EIO');
  expect(fs.readFileSync(path, 'utf8')).toBe('fir');
  file.close();
});

test('what was to be cut back is gone when the file is closed', () => {
  const { disk, files } = failingDisk();
  disk.broken = false;
  const file = new AppendFile(files, path);
  file.append('kept\n');
  const { size } = file;
  file.append('refused\n');
  disk.broken = true;
  file.cutBack(size);
  expect(fs.readFileSync(path, 'utf8')).toBe('kept\nrefused\n');
  disk.broken = false;
  file.close();
  expect(fs.readFileSync(path, 'utf8')).toBe('kept\n');
});

test('the beginning of a line that a crash cut off is told, and taken out', () => {
  fs.writeFileSync(path, 'whole\nhal');
  const file = new AppendFile(fs as unknown as FilesNow, path);
  expect([file.lastLines, file.torn, file.size]).toEqual(['whole', 'hal', 6]);
  file.append('next\n');
  file.close();
  expect(fs.readFileSync(path, 'utf8')).toBe('whole\nnext\n');
});

describe('the last lines are told from the last one on that begins something', () => {
  const begins = (line: string) => line.startsWith('-');
  const tailOf = (text: string) => {
    fs.writeFileSync(path, text);
    const file = new AppendFile(fs, path, undefined, begins);
    file.close();
    expect(lastLinesOf(fs, path, begins)).toBe(file.lastLines);
    return file.lastLines;
  };

  test.each([
    ['nothing', '', null],
    ['half a line alone', '-a', null],
    ['one that begins', '-a\n', '-a'],
    [
      'several behind it, of any script',
      '-a\n-\u00e4\n\u6f22\n\ud83d\ude00\n',
      '-\u00e4\n\u6f22\n\ud83d\ude00',
    ],
    ['none that begins: the last one alone', 'a\nb\n', 'b'],
    ['an empty line', '-a\n\n', '-a\n'],
  ])('%s', (_what, text, expected) => {
    expect(tailOf(text)).toBe(expected);
  });

  test('however far back it is', () => {
    const rest = 'x'.repeat(99);
    const last = ['-begin', ...Array.from({ length: 20_000 }, () => rest)].join('\n');
    expect(tailOf(`-other\n${rest}\n${last}\n`)).toBe(last);
  });

  test('but no further than 16 MiB: behind that the last line stands alone', () => {
    const rest = 'x'.repeat(1_048_575);
    expect(tailOf(`-begin\n${`${rest}\n`.repeat(17)}`)).toBe(rest);
  });
});

test.each([65_530, 65_535, 65_536, 65_537, 200_000])(
  'a text of about %i bytes is appended whole',
  (length) => {
    const file = new AppendFile(fs, path);
    const texts = ['a', '€', '😀'].flatMap((end) => [`${'x'.repeat(length)}${end}`, `${end}\n`]);
    for (const text of texts) file.append(text);
    file.close();
    expect(fs.readFileSync(path, 'utf8')).toBe(texts.join(''));
  },
);
