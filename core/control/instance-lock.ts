import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';

/** Who holds the lock: a process id can be used again, so the time at which the process began counts too. */
interface Holder {
  readonly pid: number;
  readonly began: string;
}

type LockPowers = Pick<Powers, 'filesNow' | 'pid' | 'randomHex'>;

/**
 * Takes the lock that makes this the only daemon of its directories, and returns what gives it back. Throws `exists`
 * where another daemon lives; the lock of one that died is taken over, and of several that try, one gets it.
 */
export function takeInstanceLock(powers: LockPowers, path: string): () => void {
  const { filesNow, pid, randomHex } = powers;
  const mine = JSON.stringify({ pid, began: beginningOf(powers, pid) ?? '' } satisfies Holder);
  const draft = `${path}.${randomHex(8)}`;
  filesNow.writeFileSync(draft, mine, { mode: 0o600, flag: 'wx' });
  try {
    for (let tries = 0; tries < 10; tries += 1) {
      // link(2) makes the name or fails, and never half: there is no moment at which the lock is there and empty.
      if (linkIfFree(filesNow, draft, path)) return () => release(filesNow, path, mine);
      const found = readIfThere(filesNow, path);
      const holder = found === null ? null : parseHolder(found);
      if (holder && beginningOf(powers, holder.pid) === holder.began) {
        throw new AxiumError('exists', `the daemon is already running (pid ${holder.pid})`);
      }
      if (found !== null) clearStale(powers, path, found);
    }
  } finally {
    filesNow.unlinkSync(draft);
  }
  throw new AxiumError('busy', `${path}: other daemons are starting at the same moment; try again`);
}

/** How long a takeover can last; a directory of one that is older was left by a process that died in it. */
const TAKEOVER_MS = 10_000;

/** Removes a dead daemon's lock, one process at a time, so that a living one's is never taken for it. */
function clearStale({ filesNow }: LockPowers, path: string, stale: string): void {
  const takeover = `${path}.takeover`;
  try {
    filesNow.mkdirSync(takeover, { mode: 0o700 });
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error;
    const made = filesNow.lstatSync(takeover, { throwIfNoEntry: false });
    if (made && Date.now() - made.mtimeMs > TAKEOVER_MS) filesNow.rmdirSync(takeover);
    return;
  }
  try {
    if (readIfThere(filesNow, path) === stale) filesNow.unlinkSync(path);
  } finally {
    filesNow.rmdirSync(takeover);
  }
}

function release(files: LockPowers['filesNow'], path: string, mine: string): void {
  if (readIfThere(files, path) === mine) files.unlinkSync(path);
}

function linkIfFree(files: LockPowers['filesNow'], from: string, to: string): boolean {
  try {
    files.linkSync(from, to);
    return true;
  } catch (error) {
    if (errno(error) === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(files: LockPowers['filesNow'], path: string): string | null {
  try {
    return files.readFileSync(path, 'utf8');
  } catch (error) {
    if (errno(error) === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const { pid, began } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof began === 'string' && began !== '' ? { pid, began } : null;
  } catch {
    return null;
  }
}

/** When a process began, in clock ticks since the boot, with the boot's id; null where there is no such process. */
function beginningOf({ filesNow }: LockPowers, pid: number): string | null {
  const stat = readIfThere(filesNow, `/proc/${pid}/stat`);
  if (stat === null) return null;
  // The command, in parentheses, can hold anything; the fields after it are plain.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return null;
  return `${readIfThere(filesNow, '/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${fields[19]}`;
}
