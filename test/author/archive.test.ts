import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ARCHIVE, readArchive } from '../../core/author/read-archive.ts';
import { SPOKE_FILES, type SpokeFile } from '../../core/author/spoke-files.ts';
import { writeHeader } from '../../core/author/tar-header.ts';
import { writeArchive } from '../../core/author/write-archive.ts';
import { AxiumError } from '../../core/errors.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const file = (path: string, text = path, executable = false): SpokeFile => ({
  path,
  executable,
  bytes: Buffer.from(text),
});
const FILES = [
  file('bin/watch', '#!/bin/sh\n', true),
  file('main.mjs', 'export {};\n'),
  file('spoke.yaml', ''),
];

describe('an archive', () => {
  it('holds what was put into it', () => {
    expect(readArchive(writeArchive('creds-1.0.0', FILES))).toEqual(FILES);
  });

  it('of any files is read back as it was', () => {
    const name = fc.stringMatching(/^[a-z0-9_]{1,30}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const bytes = fc.uint8Array({ maxLength: 1500 }).map((data) => Buffer.from(data));
    const one = fc.record({ path: path.map((text) => `d/${text}.x`), executable: fc.boolean(), bytes });
    const several = fc.uniqueArray(one, { selector: ({ path }) => path.toLowerCase(), maxLength: 8 });
    fc.assert(
      fc.property(several, (files) => {
        const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
        const all = [...sorted, file('spoke.yaml')];
        expect(readArchive(writeArchive('x', all))).toEqual(all);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same bytes from the same files, and says nothing of when and by whom it was made', () => {
    expect(writeArchive('a', FILES).equals(writeArchive('a', FILES))).toBe(true);
    expect(writeArchive('a', FILES).subarray(0, 10).toString('hex')).toBe('1f8b08000000000002ff');
  });

  it('is one that tar reads, and what tar makes is read', () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(`${directory}/made.tgz`, writeArchive('creds', FILES));
    expect(spawnSync('tar', ['-xzf', 'made.tgz'], { cwd: directory }).status).toBe(0);
    expect(readdirSync(`${directory}/creds`).sort()).toEqual(['bin', 'main.mjs', 'spoke.yaml']);
    for (const words of [
      ['-czf', 'again.tgz', 'creds'],
      ['-czf', 'again.tgz', '-C', 'creds', '.'],
      ['--format=pax', '-czf', 'again.tgz', 'creds'],
    ]) {
      expect(spawnSync('tar', words, { cwd: directory }).status).toBe(0);
      expect(readArchive(readFileSync(`${directory}/again.tgz`))).toEqual(FILES);
    }
  });

  it('of a checkout leaves out what is no part of a spoke', () => {
    const directory = makeTemporaryDirectory();
    writeTree(directory, {
      'c/spoke.yaml': '',
      'c/.git/config': '',
      'c/.gitignore': '',
      'c/node_modules/x/index.js': '',
      'c/lib/.hidden': '',
      'c/types.d.ts': '',
      'c/old.tgz': '',
    });
    spawnSync('tar', ['-czf', 'all.tgz', 'c'], { cwd: directory });
    expect(readArchive(readFileSync(`${directory}/all.tgz`)).map(({ path }) => path)).toEqual(['spoke.yaml']);
  });
});

/** An archive of raw entries: each a path, and what is not as usual. */
interface Raw {
  readonly path: string;
  readonly type?: string;
  readonly bytes?: Buffer;
  readonly change?: (header: Buffer) => void;
}

function archiveOf(...entries: readonly Raw[]): Buffer {
  return gzipSync(tarOf(entries));
}

function tarOf(entries: readonly Raw[]): Buffer {
  const blocks = entries.flatMap(({ path, type, bytes = Buffer.alloc(0), change }) => {
    const header = writeHeader(path, bytes.length, false);
    if (type !== undefined) header.write(type, 156);
    change?.(header);
    if (type !== undefined || change) seal(header);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Makes the sum of a header right again. */
function seal(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

const pax = (...records: readonly string[]) => {
  const lines = records.map((record) => {
    const length = record.length + 2 + String(record.length + 4).length;
    return `${length} ${record}\n`;
  });
  return Buffer.from(lines.join(''));
};
const SPOKE: Raw = { path: 'spoke.yaml' };
const deep = Array.from({ length: 17 }, () => 'd').join('/');

const HOSTILE: readonly (readonly [what: string, archive: () => Buffer, says: RegExp])[] = [
  [
    'a path that leads out',
    () => archiveOf(SPOKE, { path: '../../.bashrc' }),
    /\.\.\/\.\.\/bashrc: expected names/,
  ],
  [
    'a path that leads out below a common directory',
    () => archiveOf({ path: 'a/../../x' }),
    /expected names/,
  ],
  [
    'a common directory that leads out',
    () => archiveOf({ path: '../spoke.yaml' }, { path: '../x' }),
    /expected names/,
  ],
  ['a path from the root', () => archiveOf({ path: '/etc/cron.d/x' }), /expected names/],
  ['an empty part', () => archiveOf(SPOKE, { path: 'a//b' }), /expected names/],
  ['a part that is a dot', () => archiveOf(SPOKE, { path: 'a/./b' }), /expected names/],
  [
    'a link',
    () => archiveOf(SPOKE, { path: 'creds', type: '2', change: linkTo('/home/ada/.aws') }),
    /found a link/,
  ],
  [
    'a hard link',
    () => archiveOf(SPOKE, { path: 'x', type: '1', change: linkTo('/etc/passwd') }),
    /found a hard link/,
  ],
  ['a device', () => archiveOf(SPOKE, { path: 'sda', type: '4' }), /found a device/],
  ['a FIFO', () => archiveOf(SPOKE, { path: 'pipe', type: '6' }), /found something else/],
  [
    'a long name of the GNU format',
    () => archiveOf({ path: '././@LongLink', type: 'L' }, SPOKE),
    /found something else/,
  ],
  ['a sparse file', () => archiveOf(SPOKE, { path: 'x', type: 'S' }), /found something else/],
  [
    'a path in an extension',
    () => archiveOf({ path: 'x', type: 'x', bytes: pax('path=../x') }, SPOKE),
    /extension 'path'/,
  ],
  [
    'a size in an extension',
    () => archiveOf({ path: 'x', type: 'g', bytes: pax('comment=x', 'size=9') }, SPOKE),
    /extension 'size'/,
  ],
  [
    'an extension that is none',
    () => archiveOf({ path: 'x', type: 'x', bytes: Buffer.from('2 mtime=\n') }, SPOKE),
    /damaged/,
  ],
  [
    'the same file twice',
    () => archiveOf(SPOKE, { path: 'main.mjs' }, { path: 'main.mjs' }),
    /it is there twice/,
  ],
  [
    'names that differ in case alone',
    () => archiveOf(SPOKE, { path: 'Main.mjs' }, { path: 'main.mjs' }),
    /it is there twice/,
  ],
  [
    'a file that is a directory too',
    () => archiveOf(SPOKE, { path: 'a' }, { path: 'a/b' }),
    /same name is there already/,
  ],
  [
    'a directory that is a file too',
    () => archiveOf(SPOKE, { path: 'a/b' }, { path: 'a' }),
    /it is there twice/,
  ],
  ['a name with an escape sequence', () => archiveOf(SPOKE, { path: 'a\u001b[2Jb' }), /expected names/],
  ['a name with the end of a line', () => archiveOf(SPOKE, { path: 'a\nb' }), /expected names/],
  ['a name that is an option', () => archiveOf(SPOKE, { path: '-rf' }), /expected names/],
  ['a name that ends with a blank', () => archiveOf(SPOKE, { path: 'main.mjs ' }), /expected names/],
  ['a name with a backslash', () => archiveOf(SPOKE, { path: '..\\x' }), /expected names/],
  [
    'letters of another script',
    () => archiveOf(SPOKE, { path: 'main.mjs', change: (header) => void header.write('mаin.mjs', 0) }),
    /expected names/,
  ],
  ['too many levels', () => archiveOf(SPOKE, { path: deep }), /expected at most 16 levels/],
  [
    'a path that is too long',
    () => archiveOf(SPOKE, { path: `${'d'.repeat(120)}/${'f'.repeat(90)}` }),
    /at most 200 characters/,
  ],
  [
    'too many files',
    () =>
      archiveOf(...Array.from({ length: SPOKE_FILES.maxFiles + 1 }, (_, index) => ({ path: `f${index}` }))),
    /at most 5000 files/,
  ],
  ['a bomb', () => gzipSync(Buffer.alloc(SPOKE_FILES.maxTotal * 2)), /unpacks to more than/],
  [
    'a bomb of small files',
    () => gzipSync(bombOfFiles()),
    /at most 67108864 bytes in all files|at most 5000 files/,
  ],
  [
    'one that is huge as it lies there',
    () => Buffer.alloc(MAX_ARCHIVE + 1),
    /expected at most 33554432 bytes/,
  ],
  ['what is no gzip file', () => Buffer.from('PK\u0003\u0004'), /it is no gzip file/],
  [
    'one that was cut',
    () => gzipSync(tarOf([{ path: 'a', bytes: Buffer.alloc(2000) }]).subarray(0, 1500)),
    /damaged/,
  ],
  [
    'a size beyond its end',
    () => archiveOf({ path: 'a', change: (header) => void header.write('77777777777\0', 124) }),
    /damaged/,
  ],
  [
    'a negative size',
    () => archiveOf({ path: 'a', change: (header) => void header.write('-0000000001\0', 124) }),
    /damaged/,
  ],
  [
    'a size in another base',
    () => archiveOf({ path: 'a', change: (header) => void header.fill(0xff, 124, 136) }),
    /damaged/,
  ],
  ['a header that was changed', () => gzipSync(changed(tarOf([SPOKE]), 0)), /damaged/],
  [
    'entries behind the end',
    () => gzipSync(Buffer.concat([tarOf([SPOKE]), tarOf([{ path: 'evil' }])])),
    /damaged/,
  ],
];

function linkTo(target: string) {
  return (header: Buffer) => void header.write(target, 157);
}

function changed(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

function bombOfFiles(): Buffer {
  const bytes = Buffer.alloc(16_384);
  return tarOf(Array.from({ length: 4_200 }, (_, index) => ({ path: `f${index}`, bytes })));
}

describe('an archive is refused as a whole for', () => {
  it.each(HOSTILE)('%s', (_what, archive, says) => {
    const bytes = archive();
    const reading = () => readArchive(bytes);
    expect(reading).toThrow(AxiumError);
    expect(reading).toThrow(says);
  });

  it('damage anywhere, in a sentence and never otherwise', () => {
    const whole = tarOf([SPOKE, { path: 'main.mjs', bytes: Buffer.from('export {};\n') }]);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(whole.length), (changes, end) => {
        const bytes = Buffer.from(whole);
        for (const [at, byte] of changes) bytes.writeUInt8(byte, at);
        try {
          readArchive(gzipSync(bytes.subarray(0, end)));
        } catch (error) {
          expect(error).toBeInstanceOf(AxiumError);
        }
      }),
    );
  });
});
