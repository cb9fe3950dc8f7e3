// A home, a daemon and spokes for a bench: everything real, from a copy of what was built, gone at the end.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import {
  access,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const CLOCK_TICKS = 100;

/**
 * What a bench works with.
 * @typedef {object} World
 * @property {string} root
 * @property {string} home
 * @property {string} packageRoot
 * @property {string} storage
 * @property {string} socket
 * @property {string} state
 * @property {Record<string, string>} env
 */

/**
 * Makes a home directory, and copies the package beside it: the tree may be built anew meanwhile.
 * @param {string} from the package to measure; this one where nothing is said @returns {Promise<World>}
 */
export async function makeWorld(from = PACKAGE) {
  const root = await realpath(await mkdtemp(`${tmpdir()}/axium-bench-`));
  const [home, packageRoot] = [`${root}/home`, `${root}/package`];
  await mkdir(home, { mode: 0o700 });
  await mkdir(`${root}/axium/config/spokes`, { recursive: true, mode: 0o700 });
  for (const part of ['dist', 'spokes', 'package.json', 'core/sandbox/launch.pl']) {
    await cp(`${from}/${part}`, `${packageRoot}/${part}`, { recursive: true });
  }
  await symlink(`${PACKAGE}/node_modules`, `${packageRoot}/node_modules`);
  const env = { HOME: home, AXIUM_HOME: `${root}/axium`, PATH: '/usr/bin:/bin', UV_THREADPOOL_SIZE: '64' };
  const state = `${root}/axium/state`;
  return {
    root,
    home,
    packageRoot,
    storage: `${state}/storage`,
    socket: `${root}/axium/run/axiumd.sock`,
    state,
    env,
  };
}

/** @param {World} world */
export const removeWorld = ({ root }) => rm(root, { recursive: true, force: true });

/**
 * Adds a spoke; each further text is a file beside its main.mjs.
 * @param {World} world @param {string} name @param {string} permissions @param {string} code
 * @param {Readonly<Record<string, string>>} beside
 */
export async function addSpoke({ root }, name, permissions, code, beside = {}) {
  const directory = `${root}/axium/config/spokes/${name}`;
  await mkdir(directory, { mode: 0o700 });
  const manifest = `name: ${name}\nversion: 0.1.0\nentrypoint: main:register\n${permissions}`;
  const texts = { 'spoke.yaml': manifest, 'main.mjs': code, ...beside };
  for (const [file, text] of Object.entries(texts)) await writeFile(`${directory}/${file}`, text);
}

/**
 * Starts a daemon and settles once it runs. `flags` are Node's own, such as --cpu-prof.
 * @param {World} world @param {readonly string[]} flags
 */
export async function startDaemon(world, flags = []) {
  const child = spawn(process.execPath, [...flags, `${world.packageRoot}/dist/core/main.js`], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: { ...world.env, AXIUM_READY_FD: '3' },
    cwd: world.root,
  });
  const exited = once(child, 'exit');
  let text = '';
  const said = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  for await (const chunk of said.setEncoding('utf8')) text += chunk;
  if (!text.includes('"ok":true')) throw new Error(`the daemon did not start: ${text || (await exited)}`);
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Settles once each of these spokes is ready, and with the names of those that failed. @param {World} world @param {readonly string[]} names */
export async function spokesReady(world, names) {
  for (;;) {
    const { spokes, refused } = await ask(world, { cmd: 'spoke_list' });
    if (refused.length > 0) throw new Error(JSON.stringify(refused));
    /** @type {{name: string, state: string, reason: string}[]} */
    const ours = spokes.filter((/** @type {{name: string}} */ { name }) => names.includes(name));
    if (ours.length === names.length && ours.every(({ state }) => state !== 'starting')) {
      return ours.filter(({ state }) => state !== 'ready');
    }
    await pause(100);
  }
}

/** One exchange on the control socket. @param {World} world @param {object} request @returns {Promise<any>} */
export function ask({ socket: path }, request) {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk;
      if (!text.includes('\n')) return;
      socket.destroy();
      resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
    });
    socket.on('close', () => reject(new Error('closed without an answer')));
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

/** Puts a value into the storage of a spoke, as the daemon does it. @param {World} world @param {string} name @param {string} key @param {string} value */
export async function store({ storage }, name, key, value) {
  const directory = `${storage}/${name}`;
  const sum = createHash('sha256').update(value).digest('hex').slice(0, 32);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(`${directory}/next`, `axium-value 1 ${sum}\n${value}`, { mode: 0o600 });
  await rename(`${directory}/next`, `${directory}/${key}.value`);
}

/** Says go to spokes that look for it. @param {World} world @param {readonly string[]} names */
export async function sayGo(world, names) {
  for (const name of names) await store(world, name, 'go', 'go');
}

/** Settles with what a spoke has stored once it is there. @param {World} world @param {string} name @param {string} key @param {number} until */
export async function stored(world, name, key, until) {
  const file = `${world.storage}/${name}/${key}.value`;
  while (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  ) {
    if (performance.now() > until) return null;
    await pause(100);
  }
  const text = await readFile(file, 'utf8');
  return JSON.parse(text.slice(text.indexOf('\n') + 1));
}

/** Bytes in memory and seconds of processor time of a process. @param {number} pid */
export function usageOf(pid) {
  const resident =
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return { mib: resident, seconds: (Number(stat[11]) + Number(stat[12])) / CLOCK_TICKS };
}

/** Every record of the audit log, the oldest first. @param {World} world */
export async function* auditRecords({ state }) {
  const pieces = (await readdir(state)).filter((name) => name.startsWith('audit.jsonl.')).sort();
  for (const name of [...pieces, 'audit.jsonl']) {
    for await (const line of createInterface({ input: createReadStream(`${state}/${name}`) }))
      yield JSON.parse(line);
  }
}

/** What `axium audit verify` says of the log, in one line. @param {World} world */
export async function verifyAudit(world) {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [`${world.packageRoot}/dist/cli/axium.cjs`, 'audit', 'verify'],
    { env: world.env },
  ).catch((error) => error);
  return `${stdout}${stderr}`.trim().split('\n')[0] ?? '';
}

/** The value below which such a share of the numbers lies. @param {readonly number[]} sorted @param {number} share */
export const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
