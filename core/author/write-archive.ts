import { gzipSync } from 'node:zlib';
import { refusal, type SpokeFile } from './spoke-files.ts';
import { BLOCK, writeHeader } from './tar-header.ts';

/** The system that a gzip header says it was made on: the byte differs between versions of zlib. */
const OS_BYTE = 9;
const UNKNOWN_SYSTEM = 255;

/** Puts files into a gzipped tar archive below one directory. The same files give the same bytes, whenever and wherever. */
export function writeArchive(directory: string, files: readonly SpokeFile[]): Buffer {
  const blocks = files.flatMap(({ path, bytes, executable }) => {
    const full = `${directory}/${path}`;
    // Which the format holds in two fields, cut at a slash.
    if (full.length > 255 || (full.length > 100 && full.indexOf('/', full.length - 101) < 0)) {
      throw refusal(path, 'its path is too long for an archive');
    }
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [writeHeader(full, bytes.length, executable), bytes, padding];
  });
  const archive = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 9 });
  archive[OS_BYTE] = UNKNOWN_SYSTEM;
  return archive;
}
