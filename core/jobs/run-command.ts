import type { Readable } from 'node:stream';
import type { Powers, Timer } from '../powers.ts';

export interface CommandLimits {
  readonly timeoutMs: number;
  /** Bytes of each of the two streams; a command that writes more is ended. */
  readonly maxOutput: number;
}

export interface CommandInput {
  readonly argv: readonly string[];
  /** All that the command finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly limits: CommandLimits;
}

export type CommandEnd = 'exited' | 'killed' | 'timed-out' | 'too-much-output' | 'failed';

export interface CommandResult {
  readonly end: CommandEnd;
  readonly code: number | null;
  readonly signal: string | null;
}

export interface RunningCommand {
  readonly pid: number | undefined;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly kill: () => void;
  readonly finished: Promise<CommandResult>;
}

/** How long output may still come from a process group that has been killed. */
const CLOSE_MS = 1000;

/**
 * Runs one program, never a shell, from exactly these words and this environment, without input and without a terminal.
 * When it ends, for whatever reason, its process group ends with it.
 */
export function runCommand(
  { spawn, signal, clock }: Pick<Powers, 'spawn' | 'signal' | 'clock'>,
  input: CommandInput,
): RunningCommand {
  const [program = '', ...words] = input.argv;
  const child = spawn(program, words, {
    cwd: input.cwd,
    env: input.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  let end: CommandEnd = 'exited';
  let over = false;
  const killTree = () => {
    if (pid !== undefined && !over) signal(-pid, 'SIGKILL');
  };
  const endAs = (why: CommandEnd) => {
    if (end === 'exited' && !over) end = why;
    killTree();
  };
  const tooMuch = () => endAs('too-much-output');
  const stdout = collect(child.stdout, input.limits.maxOutput, tooMuch);
  const stderr = collect(child.stderr, input.limits.maxOutput, tooMuch);
  const timer = clock.after(input.limits.timeoutMs, () => endAs('timed-out'));

  const finished = new Promise<CommandResult>((resolve) => {
    let result: CommandResult = { end: 'failed', code: null, signal: null };
    let closing: Timer | undefined;
    child.once('error', () => settle());
    child.once('exit', (code, by) => {
      result = { end: end === 'exited' && by !== null ? 'killed' : end, code, signal: by };
      killTree();
      over = true;
      // A process that left the group can hold the pipes open; it is not waited for.
      closing = clock.after(CLOSE_MS, settle);
    });
    child.once('close', () => settle());
    function settle(): void {
      timer.cancel();
      closing?.cancel();
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(result);
    }
  });
  return { pid, stdout, stderr, kill: () => endAs('killed'), finished };
}

/** Keeps the first bytes of a stream, and calls once when there are more. */
function collect(stream: Readable | null, maxBytes: number, onMore: () => void): () => string {
  // One buffer that doubles: a command that writes a byte at a time must not cost an object a byte.
  let buffer = Buffer.alloc(0);
  let held = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (held + chunk.length > maxBytes) onMore();
    const kept = chunk.subarray(0, maxBytes - held);
    if (held + kept.length > buffer.length) {
      const grown = Buffer.alloc(Math.min(maxBytes, Math.max(4096, 2 * buffer.length, held + kept.length)));
      buffer.copy(grown, 0, 0, held);
      buffer = grown;
    }
    kept.copy(buffer, held);
    held += kept.length;
  });
  stream?.on('error', () => {});
  return () => buffer.toString('utf8', 0, held);
}
