import type * as nodeFs from 'node:fs';

export type ProcFiles = Pick<typeof nodeFs, 'readFileSync'>;

/** A session of the kernel: what runs at one terminal, or was started together. Its number can be used again. */
export interface KernelSession {
  readonly id: number;
  /** When its first process began, in clock ticks since the boot. */
  readonly began: string;
}

/** What the kernel tells of the process at the other end of a socket. */
export interface PeerProcess {
  /** True where it lives in another pid namespace than this process does. */
  readonly elsewhere: boolean;
  /** Whose it really is: a set-id program that somebody called is theirs, whatever rights it has. */
  readonly uid: number;
  /** Null where its first process is gone, so that nothing tells it from another of the same number. */
  readonly session: KernelSession | null;
  /** Whether it has a controlling terminal. */
  readonly terminal: boolean;
  /** The processes above it, the nearest first. */
  readonly above: readonly Ancestor[];
}

export interface Ancestor extends Pick<PeerProcess, 'uid' | 'session' | 'terminal'> {
  readonly pid: number;
  /** Whose rights it has: another's in a set-id program. */
  readonly effective: number;
}

/** How many processes above one are looked at. */
const MAX_ABOVE = 64;

/** What /proc says of a process; null where it is gone, or where that cannot be had. */
export function readProcess(files: ProcFiles, pid: number): PeerProcess | null {
  const own = readStat(files, pid);
  const status = read(files, `/proc/${pid}/status`);
  const [spaces, uid] = [numbersOf(status, 'NSpid'), numbersOf(status, 'Uid')?.[0]];
  if (!own || !spaces || uid === undefined) return null;
  return {
    elsewhere: spaces.length !== 1,
    uid,
    session: sessionOf(files, own.session),
    terminal: own.terminal !== 0,
    above: readAbove(files, own.parent),
  };
}

function readAbove(files: ProcFiles, first: number): readonly Ancestor[] {
  const above: Ancestor[] = [];
  for (let pid = first; pid > 0 && above.length < MAX_ABOVE; ) {
    const stat = readStat(files, pid);
    const [uid, effective] = numbersOf(read(files, `/proc/${pid}/status`), 'Uid') ?? [];
    if (!stat || uid === undefined || effective === undefined) break;
    const session = sessionOf(files, stat.session);
    above.push({ ...{ pid, uid, effective }, session, terminal: stat.terminal !== 0 });
    pid = stat.parent;
  }
  return above;
}

/** The session that a number names now. */
function sessionOf(files: ProcFiles, id: number): KernelSession | null {
  const first = id > 0 ? readStat(files, id) : null;
  return first && first.session === id ? { id, began: first.began } : null;
}

function readStat(files: ProcFiles, pid: number) {
  const text = read(files, `/proc/${pid}/stat`);
  // The command, in parentheses, can hold anything; the fields after it are plain. See proc_pid_stat(5).
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, parent, , session, terminal] = fields;
  const began = fields[19];
  if (began === undefined || state === 'Z' || state === 'X') return null;
  return { parent: Number(parent), session: Number(session), terminal: Number(terminal), began };
}

/** The numbers of one line of /proc/PID/status. */
function numbersOf(status: string | null, name: string): readonly number[] | null {
  const line = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status ?? '')?.[1];
  const numbers = line?.trim().split(/\s+/).map(Number) ?? [];
  return numbers.length > 0 && numbers.every(Number.isInteger) ? numbers : null;
}

function read(files: ProcFiles, path: string): string | null {
  try {
    return files.readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
