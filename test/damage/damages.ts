import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';

/** One way in which a file of the state can be damaged. The file is there before. */
export interface Damage {
  readonly name: string;
  readonly inflict: (path: string) => void;
  /** Only root can do this. */
  readonly needsRoot?: true;
}

const FOREIGN_UID = 65_534;
const TEN_MB = 10_000_000;

const change = (name: string, changed: (bytes: Buffer) => Buffer): Damage => ({
  name,
  inflict: (path) => fs.writeFileSync(path, changed(fs.readFileSync(path))),
});

/** One bit of the byte that lies at this part of the file. */
const flipped = (part: number) => (bytes: Buffer) => {
  const at = Math.min(bytes.length - 1, Math.floor(bytes.length * part));
  if (at >= 0) bytes.writeUInt8(bytes.readUInt8(at) ^ 0x04, at);
  return bytes;
};

const lines = (bytes: Buffer, change: (lines: string[]) => string[]) =>
  Buffer.from(`${change(bytes.toString('latin1').split('\n').slice(0, -1)).join('\n')}\n`, 'latin1');

const instead = (name: string, put: (path: string) => void): Damage => ({
  name,
  inflict: (path) => {
    fs.renameSync(path, `${path}.was`);
    put(path);
  },
});

/** What a disk, a restore, an editor or a careless hand does to a file. */
export const DAMAGES: readonly Damage[] = [
  change('empty', () => Buffer.alloc(0)),
  change('cut in the middle', (bytes) => bytes.subarray(0, bytes.length >> 1)),
  change('cut by its last byte', (bytes) => bytes.subarray(0, -1)),
  change('cut to one byte', (bytes) => bytes.subarray(0, 1)),
  change('with a bit flipped at its beginning', flipped(0)),
  change('with a bit flipped in its middle', flipped(0.5)),
  change('with a bit flipped at its end', flipped(0.98)),
  change('followed by NULs', (bytes) => Buffer.concat([bytes, Buffer.alloc(4096)])),
  change('all NULs', (bytes) => Buffer.alloc(bytes.length || 100)),
  change('10 MB of lines of garbage', () => Buffer.from('garbage \x00\xff\n'.repeat(TEN_MB / 11), 'latin1')),
  change('10 MB of garbage without a line', () => Buffer.alloc(TEN_MB, 0xa5)),
  change('foreign JSON', () => Buffer.from('{"name":"something","version":"1.0.0"}\n')),
  change('with its lines doubled', (bytes) => lines(bytes, (all) => all.flatMap((line) => [line, line]))),
  change('with its lines the other way round', (bytes) => lines(bytes, (all) => all.reverse())),
  change('with CRLF', (bytes) => lines(bytes, (all) => all.map((line) => `${line}\r`))),
  change('with a BOM', (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])),
  change('of a newer version', (bytes) =>
    Buffer.from(bytes.toString('latin1').replaceAll('"v":1', '"v":2'), 'latin1'),
  ),
  instead('removed', () => {}),
  instead('a directory', (path) => fs.mkdirSync(path)),
  instead('a directory with something in it', (path) => fs.mkdirSync(`${path}/a`, { recursive: true })),
  instead('a FIFO', (path) => execFileSync('mkfifo', [path])),
  instead('a symlink to it', (path) => fs.symlinkSync(`${path}.was`, path)),
  instead('a symlink that leads nowhere', (path) => fs.symlinkSync(`${path}.nowhere`, path)),
  instead('a symlink to itself', (path) => fs.symlinkSync(path, path)),
  instead('one of two names of a file', (path) => fs.linkSync(`${path}.was`, path)),
  { name: 'one that nobody may read or write', inflict: (path) => fs.chmodSync(path, 0) },
  {
    name: 'of another owner',
    needsRoot: true,
    inflict: (path) => fs.chownSync(path, FOREIGN_UID, FOREIGN_UID),
  },
];
