import { AxiumFailure } from './failure.mts';

/** Bytes asked for at a time: in base64 well below the longest reply there is. */
const CHUNK = 4_194_304;

/** One answer of `fs_read`, as base64. */
export interface Chunk {
  readonly data: string;
  readonly eof: boolean;
}

/**
 * Reads `length` bytes from `offset`, or up to the end. Bytes travel as base64 and are joined before anybody decodes
 * them, so that a character on the border of two chunks stays whole.
 */
export async function readBytes(
  ask: (offset: number, length: number) => Promise<Chunk>,
  { offset = 0, length = Number.POSITIVE_INFINITY }: { readonly offset?: number; readonly length?: number },
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let got = 0;
  do {
    const { data, eof } = await ask(offset + got, Math.min(CHUNK, length - got));
    const chunk = Buffer.from(data, 'base64');
    chunks.push(chunk);
    got += chunk.length;
    if (eof) break;
    if (chunk.length === 0)
      throw new AxiumFailure('failed', 'fs_read: got no bytes before the end of the file');
  } while (got < length);
  return join(chunks, got);
}

/** Not Buffer.concat: its result may lie in a pool that other buffers of the process share. */
function join(chunks: readonly Buffer[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
