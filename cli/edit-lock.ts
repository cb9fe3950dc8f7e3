import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CliError, EXIT } from './exit.ts';

/** Who changes permissions.yaml: a process id can be used again, so the time at which the process began counts too. */
interface Holder {
  readonly pid: number;
  readonly began: string;
  /** A person thinks in an editor, so that nobody waits for this one. */
  readonly edits: boolean;
}

/** How long a command waits for another one that is not waiting for a person. */
const PATIENCE_MS = 10_000;

/**
 * Works while no other command of this user changes permissions.yaml. Throws CliError 75 where one does, at once where it
 * has opened an editor and after 10 seconds otherwise. The lock of a process that died is taken over.
 */
export async function withEditLock<T>(
  path: string,
  { edits }: Pick<Holder, 'edits'>,
  work: () => Promise<T>,
): Promise<T> {
  const mine = JSON.stringify({ pid: process.pid, began: (await beginningOf(process.pid)) ?? '', edits });
  await take(path, mine);
  try {
    return await work();
  } finally {
    if ((await textOf(path)) === mine) await unlink(path);
  }
}

async function take(path: string, mine: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(draft, mine, { flag: 'wx', mode: 0o600 });
  const end = Date.now() + PATIENCE_MS;
  try {
    // link(2) makes the name or fails, and never half: there is no moment at which the lock is there and empty.
    while (!(await linked(draft, path))) {
      const found = await textOf(path);
      if (found === null) continue;
      const holder = parseHolder(found);
      if (holder === null || (await beginningOf(holder.pid)) !== holder.began) await removeDead(path, found);
      else if (holder.edits || Date.now() >= end) throw busy(holder);
      else await changed(path, found, end);
    }
  } finally {
    await unlink(draft);
  }
}

function busy({ pid, edits }: Holder): CliError {
  const what = edits ? 'is being edited' : 'is being changed';
  return new CliError(
    EXIT.busy,
    `permissions.yaml ${what} by another command (pid ${pid}); try again once it has ended`,
  );
}

/** Takes a dead lock away by renaming it, which only one can do; a living one that came in between is put back. */
async function removeDead(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString('hex')}`;
  const isAway = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!isAway) return;
  if ((await textOf(aside)) !== dead) await linked(aside, path);
  await unlink(aside);
}

/** Settles once the lock is no longer this one, or the time is over. */
async function changed(path: string, found: string, end: number): Promise<void> {
  const watcher = watch(dirname(path));
  try {
    const event = new Promise<void>((resolve) => {
      watcher.on('change', (_kind, name) => {
        if (name === null || name === basename(path)) resolve();
      });
      watcher.on('error', () => resolve());
      setTimeout(resolve, Math.max(0, end - Date.now())).unref();
    });
    // It may have gone before the watch began.
    if ((await textOf(path)) === found) await event;
  } finally {
    watcher.close();
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

async function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) && typeof holder.began === 'string' ? holder : null;
  } catch {
    return null;
  }
}

/** When a process began, in ticks of the kernel; null where there is no such process, or one that has ended. */
async function beginningOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? null : (fields[18] ?? null);
}
