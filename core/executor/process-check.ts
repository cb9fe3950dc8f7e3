import type { ProcessValue } from '../../schemas/executor.ts';
import type { ExecutorFiles, ExecutorPowers, HeldProcess } from './powers.ts';

/** PF_KTHREAD of the kernel's sched.h, in the field `flags`. */
const KERNEL_THREAD = 0x0020_0000;

export interface LookedAt {
  readonly start: number;
  readonly flags: number;
  /** Real, effective, saved and file-system uid. */
  readonly uids: readonly number[];
}

/** What the kernel says of a process now, or null where there is none. */
export function lookAtProcess(files: Pick<ExecutorFiles, 'readFileSync'>, pid: number): LookedAt | null {
  try {
    const stat = files.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const status = files.readFileSync(`/proc/${pid}/status`, 'utf8');
    // The name, in parentheses, can hold anything; the fields after it are plain.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const uids = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/m.exec(status)?.slice(1).map(Number);
    return uids ? { start: Number(fields[19]), flags: Number(fields[6]), uids } : null;
  } catch {
    return null;
  }
}

/**
 * Takes hold of just the process that was meant: its number may be another's by now. Never the first one, the executor
 * itself or a thread of the kernel; root's only where its program is among `root`.
 */
export function holdMeant(
  { files, holdProcess, pid: own }: Pick<ExecutorPowers, 'files' | 'holdProcess' | 'pid'>,
  { pid, start }: ProcessValue,
  root: readonly string[],
): { readonly held: HeldProcess } | { readonly problem: string } {
  if (pid === 1 || pid === own) return { problem: 'this process is not one to act on' };
  const held = holdProcess(pid);
  if (held === null) return { problem: NOT_THERE };
  const refuse = (problem: string) => {
    held.release();
    return { problem };
  };
  const found = lookAtProcess(files, pid);
  if (found === null || found.start !== start) return refuse(NOT_THERE);
  if ((found.flags & KERNEL_THREAD) !== 0) return refuse('this is a thread of the kernel');
  if (found.uids.includes(0) && !root.includes(programOf(files, pid)))
    return refuse("this process is root's, and its program is not among those that the table names");
  // It lived on while it was looked at, so it is what was looked at.
  return held.send(0) ? { held } : refuse(NOT_THERE);
}

const NOT_THERE = 'there is no process of this number that began then';

function programOf(files: ExecutorFiles, pid: number): string {
  try {
    return files.readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}
