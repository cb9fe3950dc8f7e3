// Tries everything that a confined spoke must not be able to do, from inside, and reports what got through. It is run
// by the daemon at its start on the exact command line of every spoke; it holds no secret and changes nothing it can.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

/**
 * @typedef {object} Targets
 * @property {string} secret a file outside everything a spoke may read
 * @property {string} unixSocket a listening socket
 * @property {string} abstractSocket the name of a listening abstract socket, without its leading NUL
 * @property {number} tcpPort a listening port on the loopback address
 * @property {number} daemon the daemon's process id
 * @property {string[]} environment the names of variables that may be there
 */

/** @param {() => unknown} attempt */
const works = (attempt) => {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
};

/** @param {net.NetConnectOpts} to */
const connects = (to) =>
  /** @type {Promise<boolean>} */ (
    new Promise((resolve) => {
      try {
        const socket = net.connect(to);
        socket.once('connect', () => socket.destroy() && resolve(true));
        socket.once('error', () => resolve(false));
      } catch {
        resolve(false);
      }
    })
  );

const listens = () =>
  /** @type {Promise<boolean>} */ (
    new Promise((resolve) => {
      // Node 26 throws its refusal from a callback of its own, where no handler of the server hears it.
      process.once('uncaughtException', () => resolve(false));
      try {
        const server = net.createServer();
        server.once('error', () => resolve(false));
        server.listen(0, '127.0.0.1', () => server.close(() => resolve(true)));
      } catch {
        resolve(false);
      }
    })
  ).finally(() => process.removeAllListeners('uncaughtException'));

/** @type {Record<string, (targets: Targets) => boolean | Promise<boolean>>} */
const ATTEMPTS = {
  'read a file': ({ secret }) => works(() => fs.readFileSync(secret)),
  'see that a file is there': ({ secret }) => works(() => fs.statSync(secret)),
  'read the system': () => works(() => fs.readFileSync('/etc/passwd')),
  'read the environment of the daemon': ({ daemon }) =>
    works(() => fs.readFileSync(`/proc/${daemon}/environ`)),
  'write a file': ({ secret }) => works(() => fs.closeSync(fs.openSync(secret, 'r+'))),
  'write in its own directory': () =>
    works(() => fs.closeSync(fs.openSync(new URL('./main.mjs', import.meta.url), 'r+'))),
  'connect over TCP': ({ tcpPort }) => connects({ port: tcpPort, host: '127.0.0.1' }),
  'connect to a unix socket': ({ unixSocket }) => connects({ path: unixSocket }),
  // Some versions of Node fill the name up with zeros, to the 108 bytes of the address.
  'connect to an abstract socket': async ({ abstractSocket }) =>
    (await connects({ path: `\0${abstractSocket}` })) ||
    (await connects({ path: `\0${abstractSocket}`.padEnd(108, '\0') })),
  'listen for connections': listens,
  'start a process': () => works(() => ok(spawnSync(process.execPath, ['--version']))),
  'signal the daemon': ({ daemon }) => works(() => process.kill(daemon, 0)),
  'see foreign variables': ({ environment }) =>
    Object.keys(process.env).some((name) => !environment.includes(name)),
};

/** @param {{ error?: Error }} result */
function ok({ error }) {
  if (error) throw error;
}

/** @param {{ sendRequest(request: object): Promise<any> }} axium */
export async function register(axium) {
  const { targets } = await axium.sendRequest({ cmd: 'canary_targets' });
  const open = [];
  for (const [what, attempt] of Object.entries(ATTEMPTS)) {
    if (await attempt(targets)) open.push(what);
  }
  await axium.sendRequest({ cmd: 'canary_report', open, tried: Object.keys(ATTEMPTS).length });
}
