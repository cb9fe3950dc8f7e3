import type { Dirent } from 'node:fs';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { type Owners, ownerProblem, quoted } from './owners.ts';
import { isWant } from './passing.ts';
import { InvalidFile, type Problem, wholeFile } from './problem.ts';

/** What is judged of one directory tree; a larger one cannot be believed. */
const MAX_ENTRIES = 50_000;
/** How many of them are told one by one. */
const MAX_TOLD = 3;

/**
 * Looks for somebody else who could change what lies below a directory: any module there can be one that the spoke
 * imports. Every file, directory and link is judged; links are not followed, since a spoke has nothing but its
 * directory. What the daemon may not read, a spoke cannot either. Empty where there is nobody. Throws InvalidFile where the
 * daemon is in want of what it takes to look.
 */
export async function findStrangersBelow(
  files: Powers['files'],
  root: string,
  owners: Owners,
): Promise<readonly Problem[]> {
  const directories = [root];
  const problems: Problem[] = [];
  let entries = 0;
  // It grows while it is gone through.
  for (const directory of directories) {
    const found = await entriesOf(files, directory);
    if (found === null) return [wholeFile(directory, 'cannot be read, and so not be judged; mend it')];
    entries += found.length;
    if (entries > MAX_ENTRIES) {
      const message = `expected at most ${MAX_ENTRIES} files and directories, since all of them are judged; found more`;
      return [wholeFile(root, message)];
    }
    const judged = await Promise.all(
      found.map(async ({ name }) => {
        const path = `${directory}/${name}`;
        const stat = await files.lstat(path).catch(() => null);
        if (stat?.isDirectory()) directories.push(path);
        return stat && ownerProblem(path, stat, owners);
      }),
    );
    problems.push(...judged.filter((problem) => problem !== null));
  }
  return told(root, problems);
}

function told(root: string, problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - MAX_TOLD;
  if (more <= 0) return problems;
  const message = `expected files and directories that only their owner can write in, found ${more} more that are not; once you trust all of them, run: chmod -R go-w ${quoted(root)}`;
  return [...problems.slice(0, MAX_TOLD), wholeFile(root, message)];
}

/** Null where it could not be told. */
async function entriesOf(files: Powers['files'], directory: string): Promise<readonly Dirent[] | null> {
  return files.readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    const code = errno(error);
    if (isWant(code)) throw new InvalidFile([wholeFile(directory, `cannot be judged (${code})`)], code);
    return NOTHING_TO_SEE.has(code) ? [] : null;
  });
}

const NOTHING_TO_SEE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);
