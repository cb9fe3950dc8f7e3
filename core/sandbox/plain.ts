import type { Duplex, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import type { Exit, Sandbox } from './sandbox.ts';

export interface PlainInput {
  readonly powers: Pick<Powers, 'spawn' | 'signal'>;
  readonly node: string;
  /** The compiled bootstrap, which every spoke process starts with. */
  readonly bootstrap: string;
}

/**
 * A plain child process with an empty environment and nothing open but its channel and two pipes. It confines nothing:
 * what the spoke does besides asking, it can do as its user.
 */
export function plainSandbox({ powers, node, bootstrap }: PlainInput): Sandbox {
  return {
    level: 'none',
    start({ directory, module }) {
      // detached: a process group of its own, so that what the spoke starts can be ended with it.
      const child = powers.spawn(node, [bootstrap], {
        cwd: directory,
        env: {},
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      });
      const { pid } = child;
      const [, stdout, stderr, channel] = child.stdio as unknown as [null, Readable, Readable, Duplex];
      const exited = new Promise<Exit>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
        child.once('error', () => resolve({ code: null, signal: null }));
      });
      if (pid === undefined)
        throw new AxiumError('unavailable', `the process could not be started with ${node}`);
      let ended = false;
      void exited.then(() => {
        ended = true;
        // The leader is gone; what it started is not.
        powers.signal(-pid, 'SIGKILL');
      });
      return {
        pid,
        channel,
        stdout,
        stderr,
        moduleUrl: pathToFileURL(`${directory}/${module}`).href,
        kill: () => {
          if (!ended) powers.signal(-pid, 'SIGKILL');
        },
        exited,
      };
    },
  };
}
