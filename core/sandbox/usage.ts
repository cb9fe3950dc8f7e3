import type { Powers } from '../powers.ts';

/** What a process has used so far. */
export interface Usage {
  /** Bytes in memory now. */
  readonly memory: number;
  /** Seconds since it began in which it ran, or its main thread waited for a processor: on a crowded host it waits. */
  readonly processor: number;
}

const TICKS_PER_SECOND = 100;

/** What a process uses; null where there is none. */
export async function readUsage(files: Powers['files'], pid: number): Promise<Usage | null> {
  const [stat, status, schedule] = await Promise.all(
    ['stat', 'status', 'schedstat'].map((name) =>
      files.readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => null),
    ),
  );
  if (!stat || !status) return null;
  // The command, in parentheses, can hold anything; the fields after it are plain. See proc(5).
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0] = [fields[11], fields[12]];
  // Kernels without this file cannot tell who waits.
  const waited = Number(schedule?.split(' ')[1] ?? 0) / 1e9;
  const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { memory: resident * 1024, processor: (user + system) / TICKS_PER_SECOND + waited };
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
