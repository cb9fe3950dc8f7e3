import { AxiumError } from '../errors.ts';
import { requireProgram } from '../host-programs.ts';
import { runCommand } from '../jobs/run-command.ts';
import type { Powers } from '../powers.ts';

export type SudoPowers = Pick<Powers, 'files' | 'spawn' | 'signal' | 'clock'>;

export interface SudoRun {
  readonly end: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PROBE_MS = 10_000;
/** A password is never asked for, and no terminal or helper could give one. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/**
 * Runs exactly these words by sudo, where its rules let this user do so without a password; null where they do not. What
 * is asked first is these very words: that something else may be run says nothing of them.
 */
export async function runBySudo(
  powers: SudoPowers,
  sudo: string,
  argv: readonly string[],
  limits: { readonly timeoutMs: number; readonly maxOutput: number },
): Promise<SudoRun | null> {
  const there = await requireProgram(powers, sudo).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AxiumError) return false;
      throw error;
    },
  );
  if (!there) return null;
  const run = async (words: readonly string[], within: typeof limits) => {
    const command = runCommand(powers, {
      argv: [sudo, ...words],
      env: ENVIRONMENT,
      cwd: '/',
      limits: within,
    });
    const { end, code, signal } = await command.finished;
    return { end, code, signal, stdout: command.stdout(), stderr: command.stderr() };
  };
  const probe = await run(['-n', '-l', '--', ...argv], { timeoutMs: PROBE_MS, maxOutput: 65_536 });
  if (probe.code !== 0) return null;
  const ran = await run(['-n', '--', ...argv], limits);
  // The rules let it be listed and want a password to run it: sudo has ended before it did anything.
  return ran.code === 1 && /^sudo: .*password/m.test(ran.stderr) ? null : ran;
}
