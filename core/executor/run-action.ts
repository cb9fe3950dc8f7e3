import type { Readable } from 'node:stream';
import type { ActionSpec } from '../../schemas/action-table.ts';
import type { ExecutorPowers } from './powers.ts';

export interface Ran {
  readonly end: 'exited' | 'killed' | 'timed-out' | 'too-much-output' | 'failed' | 'sent';
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long output may still come from a process group that has been killed. */
const CLOSE_MS = 1000;

/** Runs exactly these words as root: no shell, no input, no variable but those of the table. Never rejects. */
export function runAction(
  { spawn, endGroup, clock }: Pick<ExecutorPowers, 'spawn' | 'endGroup' | 'clock'>,
  { timeout, output, environment }: Pick<ActionSpec, 'timeout' | 'output' | 'environment'>,
  argv: readonly string[],
): Promise<Ran> {
  const [program = '', ...words] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: '/',
      env: { ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let why: Ran['end'] | null = null;
    let ended: Pick<Ran, 'end' | 'code' | 'signal'> = { end: 'failed', code: null, signal: null };
    const kill = () => {
      if (child.pid !== undefined) endGroup(child.pid);
    };
    const endAs = (reason: Ran['end']) => {
      why ??= reason;
      kill();
    };
    const stdout = keepFirst(child.stdout, output, () => endAs('too-much-output'));
    const stderr = keepFirst(child.stderr, output, () => endAs('too-much-output'));
    const late = clock.after(timeout, () => endAs('timed-out'));
    const settle = () => {
      late.cancel();
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ ...ended, stdout: stdout(), stderr: stderr() });
    };
    child.once('error', settle);
    child.once('exit', (code, signal) => {
      ended = { end: why ?? (signal === null ? 'exited' : 'killed'), code, signal };
      kill();
      clock.after(CLOSE_MS, settle);
    });
    child.once('close', settle);
  });
}

/** Keeps the first bytes of a stream, and calls when there are more. */
function keepFirst(stream: Readable | null, max: number, onMore: () => void): () => string {
  const pieces: Buffer[] = [];
  let held = 0;
  stream?.on('data', (piece: Buffer) => {
    if (held + piece.length > max) onMore();
    const kept = piece.subarray(0, max - held);
    held += kept.length;
    if (kept.length > 0) pieces.push(kept);
  });
  stream?.on('error', () => {});
  return () => Buffer.concat(pieces).toString('utf8');
}
