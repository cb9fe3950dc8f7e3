import type { Powers } from './powers.ts';

/** What tells the launchers of this daemon's directories from every other program. */
export interface LauncherMarks {
  /** The path of bubblewrap. */
  readonly program: string;
  /** Directories of the daemon, of which every launcher names one or what lies in it. */
  readonly directories: readonly string[];
}

const AT_ONCE = 8;

/**
 * Ends what a daemon left that was killed in the middle of starting something: a bubblewrap that waits for ever for the
 * one that was to tell it to go on, and runs nothing. Only for who holds the lock of these directories, since the
 * launchers of a living daemon look the same. Returns how many there were. Never fails.
 */
export async function endStuckLaunchers(
  { files, signal, uid }: Pick<Powers, 'files' | 'signal' | 'uid'>,
  { program, directories }: LauncherMarks,
): Promise<number> {
  const names = await files.readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const isOurs = (word: string) =>
    directories.some((directory) => word === directory || word.startsWith(`${directory}/`));
  const isStuck = async (pid: number) => {
    const read = (name: string) => files.readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const [first = '', ...rest] = (await read('cmdline')).split('\0');
    if (first !== program || !rest.includes('--die-with-parent') || !rest.some(isOurs)) return false;
    const status = await read('status');
    // Its parent is gone, and it is of this user.
    return /^PPid:\t1$/m.test(status) && new RegExp(`^Uid:\\t${uid}\\t`, 'm').test(status);
  };
  const ended: number[] = [];
  const left = pids.values();
  // Node takes 64 KiB to read a whole file of /proc, and there may be thousands of processes.
  const look = async () => {
    const beginning = Buffer.alloc(Buffer.byteLength(program) + 1);
    for (const pid of left) {
      await readBeginning(files, `/proc/${pid}/cmdline`, beginning);
      if (beginning.toString() === `${program}\0` && (await isStuck(pid))) ended.push(pid);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  for (const pid of ended) signal(pid, 'SIGKILL');
  return ended.length;
}

/** Fills the bytes with the first ones of a file; with zeros where there are none. */
async function readBeginning(files: Powers['files'], path: string, bytes: Buffer): Promise<void> {
  bytes.fill(0);
  const file = await files.open(path, 'r').catch(() => null);
  await file?.read(bytes, 0, bytes.length, 0).catch(() => {});
  await file?.close();
}
