import { PassThrough, type Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type Worker } from 'node:worker_threads';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import type { ConfinedProcess, Exit, Runtime, Sandbox } from './sandbox.ts';
import { WorkerStream } from './worker-stream.ts';

const ENTRY = 'thread.cjs';

/**
 * A thread of the daemon itself. It confines nothing: the thread shares the daemon's memory, descriptors and rights, and
 * can end it. What is bounded is what happens by mistake: the heap, to so many MiB, and what travels on the channel.
 */
export function workerSandbox(
  { startThread }: Pick<Powers, 'startThread'>,
  runtime: Runtime,
  memory: () => number,
): Sandbox {
  return {
    level: 'none',
    start({ directory, module, runtime: name = 'node' }) {
      if (name !== 'node')
        throw new AxiumError('unavailable', `runtime: ${name} cannot be a thread of the daemon`);
      const { port1: ours, port2: port } = new MessageChannel();
      const mebibytes = memory();
      const worker = startThread(new URL(ENTRY, pathToFileURL(`${runtime.directory}/`)), {
        env: {},
        argv: [],
        execArgv: [],
        stdin: false,
        stdout: true,
        stderr: true,
        trackUnmanagedFds: true,
        resourceLimits: { maxOldGenerationSizeMb: mebibytes },
        workerData: { port },
        transferList: [port],
      });
      return attachWorker({
        worker,
        channel: new WorkerStream(ours),
        moduleUrl: pathToFileURL(`${directory}/${module}`).href,
        excess: `it took more memory than its heap of ${mebibytes} MiB holds`,
      });
    },
  };
}

interface AttachInput extends Pick<ConfinedProcess, 'moduleUrl'> {
  readonly worker: Worker;
  readonly channel: WorkerStream;
  /** What to say where its heap was full. */
  readonly excess: string;
}

function attachWorker({ worker, channel, moduleUrl, excess }: AttachInput): ConfinedProcess {
  let isFull = false;
  let thrown = '';
  // Without a listener what a spoke throws would be thrown in the daemon.
  worker.on('error', (error: unknown) => {
    const { code, stack } = Object(error) as { readonly code?: unknown; readonly stack?: unknown };
    if (code === OUT_OF_MEMORY) isFull = true;
    // It was cloned into the daemon and can be of any shape: a look at more than this could throw here.
    else thrown = typeof stack === 'string' ? `${stack}\n` : 'it threw what is no error\n';
  });
  const exited = new Promise<Exit>((resolve) => {
    worker.once('exit', (code) => {
      channel.drain();
      resolve({ code, signal: null, ...(isFull && { excess }) });
    });
  });
  return {
    pid: () => null,
    channel,
    stdout: worker.stdout,
    stderr: withLastWords(worker.stderr, () => thrown),
    moduleUrl,
    exited,
    kill: () => void worker.terminate(),
    // Also while it is in a loop: the daemon's side of the thread counts it.
    busySeconds: () => worker.performance.eventLoopUtilization().active / 1000,
  };
}

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';

/** What it printed, and at the end what it threw, which a process would have printed by itself. */
function withLastWords(stream: Readable, words: () => string): Readable {
  const all = new PassThrough();
  stream.pipe(all, { end: false });
  stream.once('end', () => all.end(words()));
  return all;
}
