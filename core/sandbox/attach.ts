import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import type { ConfinedProcess, Exit } from './sandbox.ts';

/** The descriptors that every backend starts a process with: nothing on 0, pipes on 1 and 2, the channel on 3. */
export const SPOKE_STDIO = ['ignore', 'pipe', 'pipe', 'pipe'] as const;

export interface AttachInput {
  readonly child: ChildProcess;
  readonly signal: Powers['signal'];
  readonly moduleUrl: string;
  /** The process group is the child's own, and ends with it. */
  readonly ownGroup: boolean;
  readonly pid?: () => number | null;
}

/** A child that was started with SPOKE_STDIO as the confined process that it is. Throws where it did not start. */
export function attachProcess({ child, signal, moduleUrl, ownGroup, pid }: AttachInput): ConfinedProcess {
  const started = child.pid;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, by) => resolve({ code, signal: by }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  if (started === undefined)
    throw new AxiumError('unavailable', `${child.spawnfile}: the process could not be started`);
  const [, stdout, stderr, channel] = child.stdio as unknown as [null, Readable, Readable, Duplex];
  const target = ownGroup ? -started : started;
  let ended = false;
  void exited.then(() => {
    ended = true;
    // The leader is gone; what it started in its group is not.
    if (ownGroup) signal(target, 'SIGKILL');
  });
  return {
    pid: pid ?? (() => started),
    channel,
    stdout,
    stderr,
    moduleUrl,
    exited,
    kill: () => {
      if (!ended) signal(target, 'SIGKILL');
    },
  };
}
