import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import writeFileAtomic from 'write-file-atomic';
import { errno } from '../../core/errors.ts';
import type { Log, Powers } from '../../core/powers.ts';
import { createHandClock, type HandClock } from './hand-clock.ts';

/**
 * The real powers of this process, but for the time, which the test moves, an environment that is empty, and the log,
 * whose lines are kept.
 */
export type TestPowers = Powers & { readonly clock: HandClock; readonly logged: string[] };

export function createPowers(
  changed: Partial<Omit<Powers, 'clock' | 'log'>> & { readonly clock?: HandClock } = {},
): TestPowers {
  const logged: string[] = [];
  const keep = (message: string) => {
    logged.push(message);
  };
  const log: Log = { info: keep, warn: keep, error: keep };
  return {
    files: fs.promises,
    filesNow: fs,
    replaceFile: (path, data) => writeFileAtomic(path, data, { mode: 0o600 }),
    stripsTypes: false,
    spawn: (command, args, options) => spawn(command, [...args], options),
    startThread: (file, options) => new Worker(file, options),
    watchDirectory,
    signal: sendSignal,
    listen,
    isAnswered,
    connect: connectTo,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    uid: process.getuid?.() ?? 0,
    pid: process.pid,
    env: {},
    ...changed,
    log,
    logged,
    clock: changed.clock ?? createHandClock(),
  };
}

function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errno(error) === 'ESRCH') return false;
    throw error;
  }
}

function listen(at: Parameters<Powers['listen']>[0]): ReturnType<Powers['listen']> {
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
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function watchDirectory(...[path, onEvent, onError]: Parameters<Powers['watchDirectory']>): () => void {
  const watcher = fs.watch(path, (_kind, name) => onEvent(name));
  watcher.on('error', onError);
  return () => watcher.close();
}
