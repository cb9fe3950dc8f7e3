import { gunzipSync } from 'node:zlib';
import { AxiumError, errno } from '../errors.ts';
import {
  isLeftOut,
  refusal,
  requirePlainPath,
  SPOKE_FILES,
  type SpokeFile,
  SpokeFileSet,
} from './spoke-files.ts';
import { BLOCK, readHeader, type TarEntry } from './tar-header.ts';

/** Bytes of an archive as it lies on the disk. */
export const MAX_ARCHIVE = 33_554_432;
/** Of one that is unpacked: its files, and a header and padding for each of them and of their directories. */
const MAX_UNPACKED = SPOKE_FILES.maxTotal + 4 * BLOCK * SPOKE_FILES.maxFiles;

const [FILE, OLD_FILE, DIRECTORY, PAX_OF_ALL, PAX] = ['0', '', '5', 'g', 'x'];
/** What a pax header may say: facts that are passed over anyway. A path or a size there would be another than was judged. */
const HARMLESS = /^(?:comment|[acm]time)$/;

/** The dot of a hidden file. */
const HIDDEN = /(^|\/)\.(?=[^./])/g;

const MANIFEST = 'spoke.yaml';

/**
 * Reads the files of a gzipped tar archive that anybody may have made. Nothing is written. Throws `failed` for what is no
 * such archive, for links, devices and whatever else is no file, for paths that lead out, for odd names, and for one that
 * grows beyond its bounds. Where all lies below one directory, paths are counted from there.
 */
export function readArchive(archive: Buffer): readonly SpokeFile[] {
  if (archive.length > MAX_ARCHIVE) throw new AxiumError('failed', `expected at most ${MAX_ARCHIVE} bytes`);
  const found: SpokeFile[] = [];
  for (const { entry, bytes } of entriesOf(unpack(archive))) {
    if (entry.type === DIRECTORY) continue;
    if (entry.type === PAX || entry.type === PAX_OF_ALL) refuseMeaningful(entry, bytes);
    else if (entry.type === FILE || entry.type === OLD_FILE) {
      // Some programs begin every path with this.
      const path = entry.path.replace(/^(?:\.\/)+/, '');
      if (path.split('/').some(isLeftOut)) {
        // What is passed over is judged as well: an archive that tries to lead out is not to be trusted in the rest.
        requirePlainPath(path.replace(HIDDEN, '$1'));
        continue;
      }
      found.push({ path, executable: (entry.mode & 0o100) !== 0, bytes });
    } else throw refusal(entry.path, `expected files and directories, found ${kindOf(entry)}`);
    if (found.length > SPOKE_FILES.maxFiles) {
      throw new AxiumError('failed', `expected at most ${SPOKE_FILES.maxFiles} files`);
    }
  }
  const files = new SpokeFileSet();
  for (const file of withoutCommonDirectory(found)) files.add(file);
  return files.list();
}

function unpack(archive: Buffer): Buffer {
  try {
    return gunzipSync(archive, { maxOutputLength: MAX_UNPACKED });
  } catch (error) {
    const why =
      errno(error) === 'ERR_BUFFER_TOO_LARGE'
        ? `it unpacks to more than ${MAX_UNPACKED} bytes`
        : 'it is no gzip file';
    throw new AxiumError('failed', `expected a gzipped tar archive; ${why}`);
  }
}

function* entriesOf(tar: Buffer): Generator<{ readonly entry: TarEntry; readonly bytes: Buffer }> {
  const damaged = () =>
    new AxiumError('failed', 'expected a whole tar archive; it is damaged, fetch it again');
  let at = 0;
  while (at < tar.length) {
    const header = tar.subarray(at, at + BLOCK);
    if (isEmpty(header)) break;
    const entry = header.length === BLOCK ? readHeader(header) : null;
    if (entry === null || at + BLOCK + entry.size > tar.length) throw damaged();
    yield { entry, bytes: tar.subarray(at + BLOCK, at + BLOCK + entry.size) };
    at += BLOCK + Math.ceil(entry.size / BLOCK) * BLOCK;
  }
  // What comes behind the end is read by some programs and not by others.
  if (!isEmpty(tar.subarray(at))) throw damaged();
}

function isEmpty(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function refuseMeaningful({ path }: TarEntry, bytes: Buffer): void {
  let rest = bytes.toString('utf8');
  while (rest !== '') {
    const [, length = '', key = ''] = /^(\d{1,6}) ([^=\n]+)=/.exec(rest) ?? [];
    const size = Number(length);
    if (!HARMLESS.test(key))
      throw refusal(path, `expected a plain archive, found the extension '${key.slice(0, 40)}'`);
    if (size < key.length + length.length + 3) throw refusal(path, 'a header of the archive is damaged');
    rest = Buffer.from(rest).subarray(size).toString('utf8');
  }
}

function kindOf({ type }: TarEntry): string {
  const kinds: Readonly<Record<string, string>> = {
    '1': 'a hard link',
    '2': 'a link',
    '3': 'a device',
    '4': 'a device',
  };
  return kinds[type] ?? 'something else';
}

function withoutCommonDirectory(files: readonly SpokeFile[]): readonly SpokeFile[] {
  const [first = ''] = files[0]?.path.split('/') ?? [];
  const isCommon = files.every(({ path }) => path.startsWith(`${first}/`));
  // Judged by what is there, so that no name before the first slash is passed over unseen.
  if (!isCommon || files.some(({ path }) => path === MANIFEST)) return files;
  for (const { path } of files)
    if (path.split('/').length > SPOKE_FILES.maxDepth) throw refusal(path, 'too many levels');
  return /^[A-Za-z0-9_@][A-Za-z0-9_@+.=~-]*$/.test(first)
    ? files.map((file) => ({ ...file, path: file.path.slice(first.length + 1) }))
    : files;
}
