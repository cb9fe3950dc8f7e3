import type { ChildProcess } from 'node:child_process';
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
  /** Present where the words begin with a program that confines the command and then becomes it. */
  readonly launcher?: Launcher;
  readonly group?: CommandGroup;
  /** Hears what the command writes as it comes, as far as that is kept. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
}

/** What holds the processes of a command beside their process group. */
export interface CommandGroup {
  /** Ends all of them at once. */
  readonly end: () => void;
  /** Lets go of it. Called once, when the command is over. */
  readonly release: () => void;
}

/** What a confining program is given beside the three descriptors of the command. */
export interface Launcher {
  /** Its descriptors from 3 on. */
  readonly descriptors: readonly (number | 'pipe')[];
  /** Called with our ends of those pipes. */
  readonly attach: (pipes: readonly ChildProcess['stdio'][number][]) => Launched;
}

/** What a confining program tells of itself. */
export interface Launched {
  /** Whether the command itself was reached; asked at the end. */
  readonly wasReached: () => boolean;
  /** Calls with the first process of the namespace, as soon as it is known: with it all of them end. */
  readonly whenInner: (call: (pid: number) => void) => void;
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
    stdio: ['ignore', 'pipe', 'pipe', ...(input.launcher?.descriptors ?? [])],
  });
  const launched = input.launcher?.attach(child.stdio?.slice(3) ?? []);
  const { pid } = child;
  let end: CommandEnd = 'exited';
  let over = false;
  let settled = false;
  const killTree = () => {
    if (over) return;
    endGroup(input.group);
    if (pid !== undefined) signal(-pid, 'SIGKILL');
  };
  // The namespace has left the group by itself, and its launcher can be ended before it is tied to it.
  const killNamespace = () => launched?.whenInner((inner) => signal(inner, 'SIGKILL'));
  const endAs = (why: CommandEnd) => {
    if (over) return;
    if (end === 'exited') end = why;
    killTree();
    killNamespace();
  };
  const tooMuch = () => endAs('too-much-output');
  const { maxOutput } = input.limits;
  const hears = (stream: 'stdout' | 'stderr') => (bytes: Buffer) => input.onOutput?.(stream, bytes);
  const stdout = collect(child.stdout, maxOutput, { onMore: tooMuch, onKept: hears('stdout') });
  const stderr = collect(child.stderr, maxOutput, { onMore: tooMuch, onKept: hears('stderr') });
  const timer = clock.after(input.limits.timeoutMs, () => endAs('timed-out'));

  const finished = new Promise<CommandResult>((resolve) => {
    let result: CommandResult = { end: 'failed', code: null, signal: null };
    let closing: Timer | undefined;
    child.once('error', () => settle());
    child.once('exit', (code, by) => {
      result = { end: end === 'exited' && by !== null ? 'killed' : end, code, signal: by };
      killTree();
      // One that ended by itself has seen its namespace end, whose number can be another process by now.
      if (by !== null && end === 'exited') killNamespace();
      over = true;
      // A process that left the group can hold the pipes open; it is not waited for.
      closing = clock.after(CLOSE_MS, settle);
    });
    child.once('close', () => settle());
    function settle(): void {
      if (!settled) input.group?.release();
      settled = true;
      over = true;
      timer.cancel();
      closing?.cancel();
      child.stdout?.destroy();
      child.stderr?.destroy();
      const failed = result.end === 'exited' && launched?.wasReached() === false;
      resolve(failed ? { end: 'failed', code: null, signal: null } : result);
    }
  });
  return { pid, stdout, stderr, kill: () => endAs('killed'), finished };
}

/** A group that is gone, or that cannot be ended, must not keep the command from its signal, nor end the daemon. */
function endGroup(group: CommandGroup | undefined): void {
  try {
    group?.end();
  } catch {
    // The signal follows.
  }
}

/** Keeps the first bytes of a stream, and calls once when there are more. */
function collect(
  stream: Readable | null,
  maxBytes: number,
  { onMore, onKept }: { readonly onMore: () => void; readonly onKept: (bytes: Buffer) => void },
): () => string {
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
    if (kept.length > 0) onKept(kept);
  });
  stream?.on('error', () => {});
  return () => buffer.toString('utf8', 0, held);
}
