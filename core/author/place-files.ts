import type { Powers } from '../powers.ts';
import type { SpokeFile } from './spoke-files.ts';

type Writing = Pick<Powers, 'files' | 'randomHex'>;

/** Writes files into a directory that is this caller's alone. Nothing that is there is written over. */
export async function placeFiles(
  { files }: Writing,
  directory: string,
  placed: readonly SpokeFile[],
): Promise<void> {
  for (const { path, bytes, executable } of placed) {
    await files.mkdir(parentOf(`${directory}/${path}`), { recursive: true, mode: 0o700 });
    await files.writeFile(`${directory}/${path}`, bytes, { flag: 'wx', mode: executable ? 0o700 : 0o600 });
  }
}

/** Makes a directory hold what changed from one set of files to another, each file replaced in one step. */
export async function updateFiles(
  { files, randomHex }: Writing,
  directory: string,
  before: readonly SpokeFile[],
  after: readonly SpokeFile[],
): Promise<boolean> {
  const old = new Map(before.map((file) => [file.path, file]));
  let changed = false;
  for (const file of after) {
    const known = old.get(file.path);
    old.delete(file.path);
    if (known?.bytes.equals(file.bytes) && known.executable === file.executable) continue;
    changed = true;
    const target = `${directory}/${file.path}`;
    const coming = `${parentOf(target)}/.${randomHex(8)}`;
    await files.mkdir(parentOf(target), { recursive: true, mode: 0o700 });
    await files.writeFile(coming, file.bytes, { flag: 'wx', mode: file.executable ? 0o700 : 0o600 });
    await files.rename(coming, target);
  }
  for (const path of old.keys()) {
    changed = true;
    await files.rm(`${directory}/${path}`, { force: true });
  }
  return changed;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
