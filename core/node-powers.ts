import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import writeFileAtomic from 'write-file-atomic';
import { Linger } from './linger.ts';
import type { Clock, Log, Powers } from './powers.ts';
import { Tick } from './tick.ts';

/** What a process lets us touch, as the powers that everything else is handed. Called by entry files only. */
export function nodePowers(process: NodeJS.Process, log: Log): Powers {
  return {
    files: fs.promises,
    filesNow: fs,
    replaceFile: (path, data) => writeFileAtomic(path, data, { mode: 0o600 }),
    watchDirectory,
    spawn,
    stripsTypes: stripsTypes(process),
    startThread: (file, options) => new Worker(file, options),
    signal(pid, signal) {
      try {
        return process.kill(pid, signal);
      } catch {
        return false;
      }
    },
    listen,
    isAnswered,
    connect: connectTo,
    log,
    clock: realClock(process),
    randomHex: pooledRandomHex(),
    uid: process.getuid?.() ?? -1,
    pid: process.pid,
    env: { ...process.env },
  };
}

/** `strip` or `transform` where it does; the property itself is newer than the oldest Node that we run on. */
export function stripsTypes({ features }: NodeJS.Process): boolean {
  return Boolean((features as { readonly typescript?: string | false }).typescript);
}

function realClock({ nextTick }: NodeJS.Process): Clock {
  const tick = new Tick({
    atEndOfTurn: (call) => void setImmediate(call),
    // What is asked for by a microtask comes after all of them.
    onceDrained: (call) => queueMicrotask(() => nextTick(call)),
  });
  const monotonic = () => performance.now();
  // With one processor it would keep whoever is to ask from asking.
  const linger =
    availableParallelism() > 1 ? new Linger({ monotonic }, (call) => void setImmediate(call)) : null;
  return {
    now: () => Date.now(),
    monotonic,
    after(ms, call) {
      const timer = setTimeout(call, ms);
      return { cancel: () => clearTimeout(timer) };
    },
    endOfTick: (call) => tick.end(call),
    turn: (take) =>
      tick.turn(() => {
        const taken = take();
        linger?.worked(taken);
      }),
  };
}

function listen(at: Parameters<Powers['listen']>[0]): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (typeof at === 'string') server.listen(at, () => resolve(server));
    else if ('descriptor' in at) server.listen({ fd: at.descriptor }, () => resolve(server));
    else server.listen(at.port, '127.0.0.1', () => resolve(server));
  });
}

function connectTo(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // EAGAIN: somebody is there, and has more callers waiting than it takes.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EAGAIN'));
  });
}

function watchDirectory(
  path: string,
  onEvent: (name: string | null) => void,
  onError: (error: unknown) => void,
): (() => void) | null {
  try {
    const watcher = fs.watch(path, { persistent: false }, (_kind, name) => onEvent(name));
    watcher.on('error', onError);
    return () => watcher.close();
  } catch (error) {
    // No such directory is no fault; being out of watches is one, and must not pass for it.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') onError(error);
    return null;
  }
}

const POOL = 4096;

/** Hexadecimal digits of random bytes, each given out once; asking the kernel for a few costs as much as for many. */
function pooledRandomHex(): Powers['randomHex'] {
  let pool = Buffer.alloc(0);
  let next = 0;
  return (bytes) => {
    if (bytes > POOL) return randomBytes(bytes).toString('hex');
    if (next + bytes > pool.length) {
      pool = randomBytes(POOL);
      next = 0;
    }
    next += bytes;
    return pool.toString('hex', next - bytes, next);
  };
}
