import { createReadStream } from 'node:fs';

/** Every line of these files, without its newline. A file that is not there has none. */
export async function* linesOfFiles(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    try {
      yield* linesOf(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/**
 * A newline alone ends a line. To node:readline so does U+2028, which JSON leaves as it is: with one in a path, a spoke
 * could have its record read as two lines that are no record.
 */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const text of createReadStream(file, 'utf8')) {
    const [first = '', ...lines] = (text as string).split('\n');
    const last = lines.pop();
    if (last === undefined) rest += first;
    else {
      yield rest + first;
      yield* lines;
      rest = last;
    }
  }
  if (rest !== '') yield rest;
}
