import type { FilesNow } from '../powers.ts';

/** What a process has used so far. */
export interface Usage {
  /** Bytes in memory now. */
  readonly memory: number;
  /** Seconds since it began in which it ran, or its main thread waited for a processor: on a crowded host it waits. */
  readonly processor: number;
}

const TICKS_PER_SECOND = 100;

/**
 * Reads what a process uses, again and again; null where there is none. The kernel tells all of it from memory, without
 * asking the process or a disk, so that it is asked at once; a process that has done nothing since costs two files.
 */
export function createUsageReader(now: Pick<FilesNow, 'readFileSync'>, pid: number): () => Usage | null {
  const read = (name: string) => {
    try {
      return now.readFileSync(`/proc/${pid}/${name}`, 'latin1');
    } catch {
      return null;
    }
  };
  let last: { readonly pages: number; readonly memory: number } | null = null;
  return () => {
    const stat = read('stat');
    if (stat === null) return null;
    // The command, in parentheses, can hold anything; the fields after it are plain. See proc(5).
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, pages = 0] = [fields[11], fields[12], fields[21]];
    // In pages, whose size differs between machines: the other file tells it in bytes.
    if (last?.pages !== pages) {
      const status = read('status');
      if (status === null) return null;
      last = { pages, memory: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024 };
    }
    // Kernels without this file cannot tell who waits.
    const waited = Number(read('schedstat')?.split(' ')[1] ?? 0) / 1e9;
    return { memory: last.memory, processor: (user + system) / TICKS_PER_SECOND + waited };
  };
}

export interface UsageLimits {
  /** Bytes in memory beyond what the process had when it began. */
  readonly extraMemory: number;
  /** Seconds for which a process may keep a processor busy without a pause. */
  readonly busySeconds: number;
}

/** How long a process has been busy, and what it had when it began. */
export interface UsageHistory {
  readonly atStart: Usage;
  readonly last: Usage;
  readonly busySince: number | null;
}

/** A process that takes this part of a processor, or would if it got one, between two looks is busy. */
const BUSY_SHARE = 0.9;

/**
 * Compares a new look with what was before. Pure: `excess` says what is over the limits, or null. `elapsed` and `now` are
 * seconds.
 */
export function judgeUsage(
  history: UsageHistory,
  usage: Usage,
  { now, elapsed }: { readonly now: number; readonly elapsed: number },
  limits: UsageLimits,
): { readonly history: UsageHistory; readonly excess: string | null } {
  const busy = usage.processor - history.last.processor >= BUSY_SHARE * elapsed;
  const busySince = busy ? (history.busySince ?? now - elapsed) : null;
  const next = { atStart: history.atStart, last: usage, busySince };
  const extra = usage.memory - history.atStart.memory;
  if (extra > limits.extraMemory) {
    return { history: next, excess: `it took ${megabytes(extra)} MiB more memory than when it began` };
  }
  if (busySince !== null && now - busySince >= limits.busySeconds) {
    return {
      history: next,
      excess: `it kept a processor busy for ${Math.round(now - busySince)} s without a pause`,
    };
  }
  return { history: next, excess: null };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
