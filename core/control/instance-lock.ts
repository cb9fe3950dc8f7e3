import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { explainOpening, NEVER_ELSEWHERE } from '../state-file.ts';

/** Who holds the lock: a process id can be used again, so the time at which the process began counts too. */
interface Holder {
  readonly pid: number;
  readonly began: string;
}

type LockPowers = Pick<Powers, 'filesNow' | 'pid' | 'randomHex'>;

/** What one process takes locks with: its name for itself, in a file that is linked to every name it gets. */
interface Taker {
  readonly powers: LockPowers;
  readonly mine: string;
  readonly draft: string;
  /** The names of claims begin with it. */
  readonly root: string;
}

/**
 * Takes the lock that makes this the only daemon of its directories, and returns what gives it back. Throws `exists`
 * where another daemon lives, and `busy` where others are about to start; the lock of one that died is taken over, and
 * of several that try, one gets it.
 */
export function takeInstanceLock(powers: LockPowers, path: string): () => void {
  const { filesNow, pid, randomHex } = powers;
  const mine = JSON.stringify({ pid, began: beginningOf(powers, pid) ?? '' } satisfies Holder);
  const draft = `${path}.${randomHex(8)}`;
  filesNow.writeFileSync(draft, mine, { mode: 0o600, flag: 'wx' });
  try {
    return hold({ powers, mine, draft, root: path }, path);
  } finally {
    removeIfThere(filesNow, draft);
  }
}

const MAX_TRIES = 10;

function hold(taker: Taker, name: string): () => void {
  const { powers, draft, mine } = taker;
  const { filesNow } = powers;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    // link(2) makes the name or fails, and never half: there is no moment at which the lock is there and empty.
    if (linkIfFree(filesNow, draft, name)) return () => release(filesNow, name, mine);
    const found = readLock(filesNow, name);
    if (found === null) continue;
    const holder = parseHolder(found);
    if (holder && beginningOf(powers, holder.pid) === holder.began) {
      throw name === taker.root
        ? new AxiumError(
            'exists',
            `the daemon is already running (pid ${holder.pid}); 'axium daemon stop' ends it`,
          )
        : contested(taker);
    }
    removeDead(taker, name, found);
  }
  throw contested(taker);
}

/**
 * Removes a lock that a dead process left. Only who holds the claim to just this one may do so: otherwise one who read
 * it long ago would remove the lock that a living one has put in its place. A claim is a lock too, so one whose holder
 * died in the middle of this is removed in the same way; no clock says when.
 */
function removeDead(taker: Taker, name: string, dead: string): void {
  const { filesNow } = taker.powers;
  const claim = `${taker.root}.${createHash('sha256').update(`${name}\0${dead}`).digest('hex').slice(0, 32)}`;
  const giveBack = hold(taker, claim);
  try {
    if (readLock(filesNow, name) === dead) removeIfThere(filesNow, name);
  } finally {
    giveBack();
  }
}

function contested({ root }: Taker): AxiumError {
  return new AxiumError('busy', `${root}: other daemons are starting at the same moment; try again`);
}

function release(files: LockPowers['filesNow'], path: string, mine: string): void {
  if (readLock(files, path) === mine) removeIfThere(files, path);
}

function removeIfThere(files: LockPowers['filesNow'], path: string): void {
  try {
    files.unlinkSync(path);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
  }
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

/** What a lock says, or null where there is none. Throws for what is no file, which nobody may follow or wait for. */
function readLock(files: LockPowers['filesNow'], path: string): string | null {
  let fd: number;
  try {
    fd = files.openSync(path, constants.O_RDONLY | NEVER_ELSEWHERE);
  } catch (error) {
    if (errno(error) === 'ENOENT') return null;
    throw explainOpening(path, error);
  }
  try {
    if (files.fstatSync(fd).isFile()) return files.readFileSync(fd, 'utf8');
    throw new AxiumError('invalid', `${path}: expected the lock of the daemon, found no file; move it away`);
  } finally {
    files.closeSync(fd);
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
