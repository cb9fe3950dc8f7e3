import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Every line of these files. A file that is not there has none. */
export async function* linesOfFiles(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    try {
      yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
