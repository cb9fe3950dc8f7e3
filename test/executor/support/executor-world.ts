import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ChainHead } from '../../../schemas/audit.ts';

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url));
const ASK = readFileSync(fileURLToPath(new URL('../fixtures/ask.mjs', import.meta.url)), 'utf8');

export const NOT_ROOT = 'this needs root, who alone can start the executor';
export const isRoot = process.getuid?.() === 0;

/** Ordinary users and groups by number: none of them has to exist. */
export const USER = 54_001;
export const OTHER_USER = 54_002;
export const OPERATORS = 54_100;
export const ADMINS = 54_101;

export interface Who {
  readonly uid: number;
  readonly groups: readonly number[];
}
export const operator: Who = { uid: USER, groups: [OPERATORS] };
export const otherOperator: Who = { uid: OTHER_USER, groups: [OPERATORS] };
export const admin: Who = { uid: USER, groups: [OPERATORS, ADMINS] };

export type ExecutorRecord = { readonly seq: number; readonly type: string } & Record<string, unknown>;
export type ExecutorAnswer = {
  readonly ok?: boolean;
  readonly code?: unknown;
  readonly error?: string;
  readonly record?: ChainHead;
} & Record<string, unknown>;

/** A real executor, as root, on a table and a state of the test's own. */
export interface ExecutorWorld {
  readonly directory: string;
  readonly socket: string;
  readonly table: string;
  readonly log: string;
  readonly child: () => ChildProcess;
  readonly start: (env?: Readonly<Record<string, string>>) => Promise<void>;
  /** Ends it with SIGKILL. */
  readonly kill: () => Promise<void>;
  /** One answer for each request; a text is sent as it is. Null where there was none. */
  readonly askAll: (who: Who, requests: readonly (object | string)[]) => Promise<(ExecutorAnswer | null)[]>;
  readonly ask: (who: Who, request: object | string) => Promise<ExecutorAnswer | null>;
  readonly records: () => ExecutorRecord[];
  readonly remove: () => Promise<void>;
}

export function makeExecutorWorld(table: string): ExecutorWorld {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'axium-test-')));
  chmodSync(directory, 0o755);
  const paths = {
    socket: `${directory}/executor.sock`,
    table: `${directory}/actions.yaml`,
    state: `${directory}/state`,
  };
  const log = `${paths.state}/audit.jsonl`;
  writeFileSync(paths.table, table.replaceAll('{directory}', directory), { mode: 0o644 });
  writeFileSync(`${directory}/ask.mjs`, ASK, { mode: 0o644 });
  let child: ChildProcess | null = null;
  const kill = async () => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const askAll: ExecutorWorld['askAll'] = async (who, requests) => {
    const lines = requests.map((request) =>
      typeof request === 'string' ? request : JSON.stringify(request),
    );
    const words = [`${directory}/ask.mjs`, paths.socket, ...lines];
    const { stdout } = await promisify(execFile)('setpriv', [...wordsFor(who), process.execPath, ...words], {
      env: {},
      maxBuffer: 67_108_864,
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ExecutorAnswer | null);
  };
  return {
    directory,
    ...paths,
    log,
    child: () => child as ChildProcess,
    async start(env = {}) {
      const args = ['--table', paths.table, '--state', paths.state, '--socket', paths.socket];
      child = spawn(process.execPath, [`${DIST}core/executor/main.js`, ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { AXIUM_OPERATOR_GROUP: String(OPERATORS), AXIUM_ADMIN_GROUP: String(ADMINS), ...env },
      });
      await saysReady(child);
    },
    kill,
    askAll,
    ask: async (who, request) => (await askAll(who, [request]))[0] ?? null,
    records: () => {
      const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as ExecutorRecord);
    },
    async remove() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The words with which setpriv becomes somebody. */
export function wordsFor({ uid, groups }: Who): readonly string[] {
  return [
    `--reuid=${uid}`,
    `--regid=${uid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
  ];
}

async function saysReady(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8');
  for await (const piece of child.stderr ?? []) {
    said += piece;
    if (said.includes('ready')) {
      child.stderr?.resume();
      return;
    }
  }
  throw new Error(`the executor did not start: ${said}`);
}

let count = 0;

/** A request with an id of its own. */
export function perform(action: string, params: object = {}, more: object = {}): object {
  count += 1;
  return { v: 1, cmd: 'perform', request: `test-${count}`, principal: 'spoke:test', action, params, ...more };
}
