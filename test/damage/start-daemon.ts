import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Places } from '../../schemas/places.ts';
import type { Snapshot } from '../chaos/package-snapshot.ts';
import { type Answer, askControl } from '../integration/support/hosted-daemon.ts';

export interface RunningDaemon {
  readonly pid: number;
  /** What it told its starter; `code: 'silent'` where it told nothing in time, and was killed. */
  readonly ready: Answer;
  /** Ends it as people do; true where it ended by itself in time. */
  readonly end: () => Promise<boolean>;
}

/** Longer than anything here may take, and no measure of it. */
const PATIENCE_MS = 10_000;

/** Starts a daemon and waits for its word. */
export async function startDaemon(
  { daemon }: Snapshot,
  env: Readonly<Record<string, string>>,
): Promise<RunningDaemon> {
  const child = spawn(process.execPath, [daemon], {
    env: { ...env, AXIUM_READY_FD: '3' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const text = await withPatience(firstText(child.stdio[3] as Readable));
  const ready: Answer = text ? (JSON.parse(text) as Answer) : { ok: false, code: 'silent' };
  if (text === null) child.kill('SIGKILL');
  return {
    pid: child.pid ?? 0,
    ready,
    async end() {
      child.kill('SIGTERM');
      const inTime = (await withPatience(exited)) !== null;
      child.kill('SIGKILL');
      await exited;
      return inTime;
    },
  };
}

/** Asks the daemon on its control socket. */
export function askOf({ socket }: Places, request: object): Promise<Answer> {
  return askControl(socket, request);
}

/** Null where it did not settle in time. */
async function withPatience<T>(promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, null);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function firstText(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await Promise.race([once(stream, 'end'), once(stream, 'close')]);
  return text;
}
