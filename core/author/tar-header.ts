/** The blocks of a POSIX tar archive, as far as spokes need them. */
export const BLOCK = 512;

/** Where the fields of a header lie, and how long they are. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

type Field = keyof typeof FIELDS;

export interface TarEntry {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  /** One character; the empty text for a regular file of the oldest format. */
  readonly type: string;
}

/** A header that says nothing of when, where and by whom it was made: the same file is always the same bytes. */
export function writeHeader(path: string, size: number, executable: boolean): Buffer {
  const header = Buffer.alloc(BLOCK);
  const put = (field: Field, text: string) =>
    header.write(text, FIELDS[field][0], FIELDS[field][1], 'latin1');
  const split = path.length <= 100 ? -1 : path.indexOf('/', path.length - 101);
  put('name', path.slice(split + 1));
  put('prefix', path.slice(0, Math.max(0, split)));
  put('mode', executable ? '0000755\0' : '0000644\0');
  for (const owner of ['uid', 'gid'] as const) put(owner, '0000000\0');
  put('size', `${size.toString(8).padStart(11, '0')}\0`);
  put('mtime', '00000000000\0');
  put('type', '0');
  put('magic', 'ustar\x0000');
  put('checksum', `${checksumOf(header).toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** Reads a header; null for one that is no header, or that was changed. */
export function readHeader(header: Buffer): TarEntry | null {
  const text = (field: Field) => {
    const [at, length] = FIELDS[field];
    const raw = header.subarray(at, at + length);
    const end = raw.indexOf(0);
    return raw.subarray(0, end < 0 ? length : end).toString('latin1');
  };
  const [size, mode, checksum] = [octal(text('size')), octal(text('mode')), octal(text('checksum'))];
  if (size === null || mode === null || checksum !== checksumOf(header)) return null;
  const prefix = header.toString('latin1', 257, 262) === 'ustar' && header[262] === 0 ? text('prefix') : '';
  return { path: prefix === '' ? text('name') : `${prefix}/${text('name')}`, size, mode, type: text('type') };
}

/** The sum of all bytes, the field of the sum itself counted as blanks. */
function checksumOf(header: Buffer): number {
  const [at, length] = FIELDS.checksum;
  return header.reduce((sum, byte, index) => sum + (index >= at && index < at + length ? 0x20 : byte), 0);
}

function octal(text: string): number | null {
  return /^ *[0-7]+ *$/.test(text) ? Number.parseInt(text.trim(), 8) : null;
}
