import { constants, type Dirent } from 'node:fs';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { isLeftOut, refusal, SPOKE_FILES, type SpokeFile, SpokeFileSet } from './spoke-files.ts';

/**
 * Reads all files of a spoke's directory, a checkout of git among them. Throws `failed` for a link and for whatever is no
 * regular file: what it leads to would not come along, or would be somebody else's.
 */
export async function collectFiles(files: Powers['files'], directory: string): Promise<readonly SpokeFile[]> {
  const found = new SpokeFileSet();
  let left: number = SPOKE_FILES.maxTotal;
  const enter = async (folder: string): Promise<void> => {
    const entries = await files.readdir(`${directory}/${folder}`, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (isLeftOut(entry.name)) continue;
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory()) {
        if (path.split('/').length > SPOKE_FILES.maxDepth) throw refusal(path, 'too many levels');
        await enter(`${path}/`);
        continue;
      }
      if (!entry.isFile()) throw refusal(path, `expected a file, found ${kindOf(entry)}; take it out`);
      const file = await readFile(files, directory, path, left);
      left -= file.bytes.length;
      found.add(file);
    }
  };
  await enter('');
  return found.list();
}

function kindOf(entry: Dirent): string {
  return entry.isSymbolicLink() ? 'a link' : 'something else';
}

async function readFile(
  files: Powers['files'],
  directory: string,
  path: string,
  left: number,
): Promise<SpokeFile> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // What was a file a moment ago may be a link or a FIFO now.
  const handle = await files
    .open(`${directory}/${path}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    .catch((error: unknown) => {
      throw refusal(path, `cannot be read (${errno(error)})`);
    });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw refusal(path, 'expected a file');
    if (stat.size > left)
      throw refusal(path, `expected at most ${SPOKE_FILES.maxTotal} bytes in all files together`);
    return { path, executable: (stat.mode & 0o100) !== 0, bytes: await handle.readFile() };
  } finally {
    await handle.close();
  }
}
