import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Clock, FilesNow } from '../powers.ts';
import type { Peer } from './peer-tier.ts';

/** Everything that the executor may touch, made in its main.ts alone. */
export interface ExecutorPowers {
  readonly files: ExecutorFiles;
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  /** Sends a signal to a process group; false when there is none. */
  readonly endGroup: (pid: number) => void;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  /** Who is at the other end, as the kernel says; null where it does not. */
  readonly peerOf: (socket: Socket) => Peer | null;
  /** Holds a process so that what is sent reaches it or nobody; null where there is none or this cannot be done here. */
  readonly holdProcess: (pid: number) => HeldProcess | null;
  readonly uid: number;
  readonly pid: number;
}

export interface HeldProcess {
  /** Sends it a signal, 0 for none. False when it is gone. */
  readonly send: (signal: number) => boolean;
  readonly release: () => void;
}

export type ExecutorFiles = FilesNow & {
  readonly realpathSync: (path: string) => string;
  readonly readlinkSync: (path: string) => string;
};
