import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, EXIT } from './exit.ts';

/** Drafts that are kept because they could not be saved; the oldest go first. */
const MAX_KEPT = 10;
const MAX_BYTES = 1_048_576;

/** A private copy of a file for an editor, in a directory of its own, where the editor may leave what it likes. */
export interface Draft {
  readonly path: string;
  /** What it says now. Throws CliError 65 where it is no text that could be saved. */
  readonly read: () => Promise<string>;
  readonly remove: () => Promise<void>;
}

export async function makeDraft(directory: string, text: string): Promise<Draft> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await removeOldest(directory);
  const own = await mkdtemp(`${directory}/${new Date().toISOString().replace(/[:.]/g, '-')}-`);
  const path = `${own}/permissions.yaml`;
  await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  return {
    path,
    async read() {
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') throw new CliError(EXIT.no, `the editor has left no ${path}`);
        throw error;
      });
      const now = bytes.toString('utf8');
      if (bytes.length > MAX_BYTES || !Buffer.from(now, 'utf8').equals(bytes))
        throw new CliError(EXIT.badYaml, `${path}: expected UTF-8 text of at most ${MAX_BYTES} bytes`);
      return now;
    },
    remove: () => rm(dirname(path), { recursive: true, force: true }),
  };
}

async function removeOldest(directory: string): Promise<void> {
  const names = await readdir(directory);
  const drafts = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(`${directory}/${name}`)).mtimeMs })),
  );
  const old = drafts.toSorted((one, other) => other.time - one.time).slice(MAX_KEPT - 1);
  for (const { name } of old) await rm(`${directory}/${name}`, { recursive: true, force: true });
}
