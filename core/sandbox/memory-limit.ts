import { runCommand } from '../jobs/run-command.ts';
import type { Powers } from '../powers.ts';
import { RESOURCE, type SetLimit } from './set-limit.ts';

export interface MemoryLimit {
  /** Bytes of memory that the process has by itself. */
  readonly had: number;
  /** Bytes that it may take beyond that. */
  readonly extra: number;
}

/** Bounds a running process of ours; settles with why that could not be done, or null. */
export type LimitProcess = (pid: number, limit: MemoryLimit) => Promise<string | null>;

const PRLIMIT = '/usr/bin/prlimit';
const MAX_OPEN_FILES = 256;

/**
 * What bounds how much a running process may take: so many bytes of memory beyond what it had, open files, and no core
 * file. The memory that Node itself maps differs by hundreds of megabytes between its versions, so that only what comes on
 * top can be told. Without `setLimit` a program of the host does it, which is one process more for each spoke.
 */
export function limiter(
  powers: Pick<Powers, 'spawn' | 'signal' | 'clock'>,
  setLimit: SetLimit | null,
): LimitProcess {
  return setLimit === null
    ? (pid, limit) => limitByProgram(powers, pid, limit)
    : async (pid, limit) => limitByCall(setLimit, pid, limit);
}

function limitByCall(setLimit: SetLimit, pid: number, { had, extra }: MemoryLimit): string | null {
  const wanted = [
    [RESOURCE.data, had + extra],
    [RESOURCE.openFiles, MAX_OPEN_FILES],
    [RESOURCE.core, 0],
  ] as const;
  for (const [resource, value] of wanted) {
    const error = setLimit(pid, resource, value);
    if (error !== 0) return `the kernel did not set them (error ${error})`;
  }
  return null;
}

async function limitByProgram(
  powers: Pick<Powers, 'spawn' | 'signal' | 'clock'>,
  pid: number,
  { had, extra }: MemoryLimit,
): Promise<string | null> {
  const command = runCommand(powers, {
    argv: [PRLIMIT, `--pid=${pid}`, `--data=${had + extra}`, `--nofile=${MAX_OPEN_FILES}`, '--core=0'],
    env: {},
    cwd: '/',
    limits: { timeoutMs: 10_000, maxOutput: 4096 },
  });
  const { code } = await command.finished;
  return code === 0 ? null : `prlimit could not set them: ${command.stderr().trim() || 'it did not run'}`;
}

/**
 * Bytes of private writable memory that a process has mapped, which is what RLIMIT_DATA counts; null where there is none.
 * The kernel tells it from memory, so that it is asked at once.
 */
export function dataSize(now: Pick<Powers['filesNow'], 'readFileSync'>, pid: number): number | null {
  try {
    const status = now.readFileSync(`/proc/${pid}/status`, 'latin1');
    const found = /^VmData:\s+(\d+) kB/m.exec(status);
    return found ? Number(found[1]) * 1024 : null;
  } catch {
    return null;
  }
}
