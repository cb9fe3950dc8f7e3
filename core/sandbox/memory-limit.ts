import { runCommand } from '../jobs/run-command.ts';
import type { Powers } from '../powers.ts';

const PRLIMIT = '/usr/bin/prlimit';
const MAX_OPEN_FILES = 256;

/**
 * Bounds what a running process may take: so many bytes of memory beyond what it had, open files, and no core file. The
 * memory that Node itself maps differs by hundreds of megabytes between its versions, so that only what comes on top can
 * be told. Returns why it could not be done, or null.
 */
export async function limitProcess(
  powers: Pick<Powers, 'spawn' | 'signal' | 'clock'>,
  pid: number,
  { had, extra }: { readonly had: number; readonly extra: number },
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

/** Bytes of private writable memory that a process has mapped, which is what RLIMIT_DATA counts; null where there is none. */
export async function dataSize(files: Powers['files'], pid: number): Promise<number | null> {
  const status = await files.readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const found = /^VmData:\s+(\d+) kB/m.exec(status);
  return found ? Number(found[1]) * 1024 : null;
}
