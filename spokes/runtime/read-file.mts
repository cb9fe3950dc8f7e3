import { AxiumFailure } from './failure.mts';

/** Bytes asked for at a time: no more than a part of what the daemon holds for one spoke. */
const CHUNK = 4_194_304;

/** One answer of `fs_read` with the encoding `bytes`. */
export interface Chunk {
  readonly data: Uint8Array;
  readonly eof: boolean;
}

/**
 * Reads `length` bytes from `offset`, or up to the end. Chunks are joined before anybody decodes them, so that a character
 * on the border of two stays whole.
 */
export async function readBytes(
  ask: (offset: number, length: number) => Promise<Chunk>,
  { offset = 0, length = Number.POSITIVE_INFINITY }: { readonly offset?: number; readonly length?: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let got = 0;
  do {
    const { data, eof } = await ask(offset + got, Math.min(CHUNK, length - got));
    chunks.push(data);
    got += data.length;
    if (eof) break;
    if (data.length === 0)
      throw new AxiumFailure('failed', 'fs_read: got no bytes before the end of the file');
  } while (got < length);
  const [only, second] = chunks;
  return only && !second ? only : join(chunks, got);
}

/** Not Buffer.concat: its result may lie in a pool that other buffers of the process share. */
function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
