// Other plugin hosts and policy engines, at the versions that the figures were taken with. They are installed by npm into
// a directory of their own, outside of this project and of its lock, and left out where that cannot be done.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { timeRound } from './echo.mjs';

const VERSIONS = {
  workerpool: '10.0.3',
  'jest-worker': '30.5.1',
  tinypool: '2.2.0',
  'vscode-jsonrpc': '10.0.0',
  '@modelcontextprotocol/sdk': '1.32.2',
  casbin: '5.51.1',
  '@cedar-policy/cedar-wasm': '4.13.0',
};

const DIRECTORY = `${tmpdir()}/axium-bench-peers-${userInfo().uid}`;
const MARK = `${DIRECTORY}/installed-${Object.values(VERSIONS).join('-')}`;

/** Where the peers are installed; null where they cannot be. @returns {Promise<string | null>} */
export async function peersDirectory() {
  if (existsSync(MARK)) return DIRECTORY;
  const fresh = `${DIRECTORY}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(`${fresh}/package.json`, JSON.stringify({ private: true, dependencies: VERSIONS }));
  const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const [code] = await once(spawn('npm', words, { cwd: fresh, stdio: 'ignore' }), 'exit');
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    console.error('bench: the peers cannot be installed, and are left out');
    return null;
  }
  await rm(DIRECTORY, { recursive: true, force: true });
  await rename(fresh, DIRECTORY);
  await writeFile(MARK, '');
  return DIRECTORY;
}

/** One of them, loaded; null where it is not to be had. @param {string} name @param {string} [part] @returns {Promise<any>} */
export async function loadPeer(name, part) {
  const directory = await peersDirectory();
  if (directory === null) return null;
  const resolve = createRequire(`${directory}/package.json`).resolve;
  const module = await import(pathToFileURL(resolve(part === undefined ? name : `${name}/${part}`)).href);
  return module.default ?? module;
}

/** @param {string} name */
const child = (name) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));

/**
 * Each peer with a process of its own that echoes what it is sent.
 * @typedef {{name: string, round: (count: number, inFlight: number) => Promise<number>, stop: () => Promise<void> | void}} Peer
 * @returns {Promise<readonly Peer[]>}
 */
export async function startPeers() {
  const directory = await peersDirectory();
  if (directory === null) return [];
  process.env.AXIUM_BENCH_PEERS = directory;
  return Promise.all([startWorkerpool(), startJestWorker(), startTinypool(), startJsonRpc(), startMcp()]);
}

/** @param {string} name @param {(at: number) => Promise<unknown>} call @param {() => Promise<void> | void} stop @returns {Peer} */
const peer = (name, call, stop) => ({
  name,
  round: (count, inFlight) => timeRound(count, inFlight, call),
  stop,
});

/** @param {number} at */
const message = (at) => ({ id: at, cmd: 'hud_segment_value', value: `at ${at}` });

async function startWorkerpool() {
  const workerpool = await loadPeer('workerpool');
  const pool = workerpool.pool(child('workerpool.mjs'), { workerType: 'process', maxWorkers: 1 });
  return peer(
    'workerpool',
    (at) => pool.exec('echo', [message(at)]),
    () => pool.terminate(true),
  );
}

async function startJestWorker() {
  const { Worker } = await loadPeer('jest-worker');
  const worker = new Worker(child('jest-worker.cjs'), { numWorkers: 1, exposedMethods: ['echo'] });
  return peer(
    'jest-worker',
    (at) => worker.echo(message(at)),
    () => worker.end(),
  );
}

async function startTinypool() {
  const { Tinypool } = await import(
    pathToFileURL(createRequire(`${process.env.AXIUM_BENCH_PEERS}/package.json`).resolve('tinypool')).href
  );
  const settings = { runtime: 'child_process', minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: 64 };
  const pool = new Tinypool({ filename: child('tinypool.mjs'), ...settings });
  return peer(
    'tinypool',
    (at) => pool.run(message(at)),
    () => pool.destroy(),
  );
}

async function startJsonRpc() {
  const rpc = await loadPeer('vscode-jsonrpc', 'node');
  const running = spawn(process.execPath, [child('jsonrpc.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(running.stdout),
    new rpc.StreamMessageWriter(running.stdin),
  );
  connection.listen();
  return peer(
    'vscode-jsonrpc',
    (at) => connection.sendRequest('echo', message(at)),
    () => {
      connection.dispose();
      running.kill();
    },
  );
}

async function startMcp() {
  const { Client } = await loadPeer('@modelcontextprotocol/sdk', 'client/index.js');
  const { StdioClientTransport } = await loadPeer('@modelcontextprotocol/sdk', 'client/stdio.js');
  const client = new Client({ name: 'bench', version: '1.0.0' });
  const env = { PATH: process.env.PATH, AXIUM_BENCH_PEERS: process.env.AXIUM_BENCH_PEERS };
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [child('mcp.mjs')], env }),
  );
  return peer(
    'MCP SDK over stdio',
    (at) => client.callTool({ name: 'echo', arguments: message(at) }),
    () => client.close(),
  );
}
