import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { decodeValue } from '../../../core/portals/stored-value.ts';
import type { AuditRecord } from '../../../schemas/audit.ts';
import type { AxiumHome } from './axium-home.ts';
import { firstRecord } from './first-record.ts';

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url));

export type Answer = { readonly ok: boolean; readonly code?: string; readonly error?: string } & Record<
  string,
  unknown
>;

/** A real daemon process on the files of a test. */
export interface HostedDaemon {
  readonly child: ChildProcess;
  /** What it told its starter. */
  readonly ready: Answer;
  /** Sends one line to the control socket and reads one. */
  readonly ask: (request: object | string) => Promise<Answer>;
  /** Settles with the first record that fits, whether it is there already or comes. */
  readonly record: (fits: (record: AuditRecord) => boolean) => Promise<AuditRecord>;
  /** Settles when the spoke is ready, with the answers that it stored. */
  readonly answersOf: (spoke: string) => Promise<readonly Answer[]>;
  readonly end: (signal?: NodeJS.Signals) => Promise<void>;
}

export async function hostDaemon(
  home: AxiumHome,
  env: Readonly<Record<string, string>> = {},
  moreDescriptors: readonly ('ignore' | number)[] = [],
  args: readonly string[] = [],
  /** The words of a program that becomes what follows them, as another user. */
  as: readonly string[] = [],
): Promise<HostedDaemon> {
  const [program = '', ...words] = [...as, process.execPath, `${DIST}core/main.js`, ...args];
  const child = spawn(program, words, {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', ...moreDescriptors],
    env: { ...home.env, ...env, AXIUM_READY_FD: '3' },
  });
  const exited = once(child, 'exit');
  const text = await readAll(child.stdio[3] as Readable);
  if (text === '') throw new Error(`the daemon ended before it was ready (${await exited})`);
  const ready = JSON.parse(text) as Answer;
  const record: HostedDaemon['record'] = (fits) => firstRecord(home.places.auditLog, fits);
  return {
    child,
    ready,
    ask: (request) => askControl(home.places.socket, request),
    record,
    async answersOf(spoke) {
      await record(
        (entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === spoke,
      );
      const bytes = await readFile(`${home.places.storage}/${spoke}/answers.value`);
      return JSON.parse(decodeValue(bytes) ?? '') as Answer[];
    },
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
    },
  };
}

/** Runs a test on a home and a daemon of its own, which are gone when it settles. */
export async function withDaemon<T>(
  home: AxiumHome,
  use: (daemon: HostedDaemon) => Promise<T>,
  env = {},
): Promise<T> {
  const daemon = await hostDaemon(home, env);
  try {
    return await use(daemon);
  } finally {
    await daemon.end();
  }
}

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real CLI on the files of a test. */
export function runCli(
  home: AxiumHome,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`${DIST}cli/axium.cjs`, ...args],
      { env: { ...home.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}

/** One exchange on a control socket; a string is sent as it is. */
export function askControl(socketPath: string, request: object | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) {
        socket.destroy();
        resolve(JSON.parse(text.split('\n')[0] ?? '') as Answer);
      }
    });
    socket.on('close', () => reject(new Error('closed without an answer')));
    socket.write(typeof request === 'string' ? request : `${JSON.stringify(request)}\n`);
  });
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += chunk;
  return text;
}
