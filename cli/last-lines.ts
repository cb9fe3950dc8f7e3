import { type FileHandle, open } from 'node:fs/promises';

const CHUNK = 65_536;

export interface LastLines {
  readonly lines: readonly string[];
  /** The offset behind the last whole line, from which one can go on. */
  readonly end: number;
}

/** The last so many whole lines of a file, read from its end, or null where there is no file. */
export async function lastLines(path: string, count: number): Promise<LastLines | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    return await lastLinesOf(file, count);
  } finally {
    await file.close();
  }
}

/** The same of a file that is open, and stays so: what is read behind `end` later is what came after. */
export async function lastLinesOf(file: FileHandle, count: number): Promise<LastLines> {
  let start = (await file.stat()).size;
  const chunks: Buffer[] = [];
  let ends = 0;
  // One more end than lines: it is the end of the line before the first.
  while (start > 0 && ends <= count) {
    const length = Math.min(CHUNK, start);
    start -= length;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    const chunk = buffer.subarray(0, bytesRead);
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) ends += 1;
    chunks.unshift(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const whole = bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
  const lines = whole.toString('utf8').split('\n').slice(0, -1);
  return { lines: count === 0 ? [] : lines.slice(-count), end: start + whole.length };
}

export async function openIfThere(path: string): Promise<FileHandle | null> {
  return open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

const NEWLINE = 0x0a;
