// The sandboxes of this host, as the daemon builds them, each started by itself.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { built } from './figure.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** @param {string} node @param {string} expression @returns {any} */
export const askNode = (node, expression) =>
  JSON.parse(execFileSync(node, ['-p', `JSON.stringify(${expression})`], { encoding: 'utf8' }));

/** By their level. @param {string} directory @param {string} node @returns {Promise<Map<string, any>>} */
export async function buildSandboxes(directory, node) {
  const { nodePowers } = await built('node-powers');
  const { spokeRuntime } = await built('sandbox/spoke-runtime');
  const powers = nodePowers(process, { info: () => {}, warn: () => {}, error: () => {} });
  const runtime = spokeRuntime(
    node,
    new Set(askNode(node, '[...process.allowedNodeEnvironmentFlags]')),
    ROOT,
  );
  const { assembleFilter } = await built('sandbox/seccomp/assemble');
  const { spokePolicy } = await built('sandbox/seccomp/spoke-policy');
  const { createFilterFile } = await built('sandbox/filter-file');
  const { sharedLibraries } = await built('sandbox/shared-libraries');
  const libraries = await sharedLibraries(powers, node);
  /** @param {boolean} hasPidNamespace */
  const filter = (hasPidNamespace) =>
    createFilterFile(powers, directory, assembleFilter(spokePolicy({ hasPidNamespace }), process.arch));
  const launcher = fileURLToPath(new URL('../../../core/sandbox/launch.pl', import.meta.url));
  const common = { powers, runtime, libraries, architecture: process.arch };
  const { plainSandbox } = await built('sandbox/plain');
  const { seatbeltSandbox } = await built('sandbox/seatbelt');
  const { kernelSandbox } = await built('sandbox/kernel');
  const { strongSandbox } = await built('sandbox/strong');
  return new Map([
    ['none', plainSandbox(powers, runtime)],
    ['seatbelt', seatbeltSandbox(powers, runtime)],
    ['kernel', kernelSandbox({ ...common, filter: filter(false), launcher, forbidden: '/etc/passwd' })],
    ['strong', strongSandbox({ ...common, filter: filter(true), disableUserns: true })],
  ]);
}

/**
 * Starts a spoke and ends it once it is ready. Throws where it ends before that.
 * @param {any} sandbox @param {string} directory @returns {Promise<{ms: number, bytes: number}>}
 */
export async function startOnce(sandbox, directory) {
  const began = performance.now();
  return untilReady(sandbox.start({ directory, module: 'main.mjs' }), began);
}

/**
 * The daemon's part until a spoke is ready, which is then ended.
 * @param {any} spoke @param {number} began @returns {Promise<{ms: number, bytes: number}>}
 */
export async function untilReady(spoke, began) {
  let [said, stderr] = ['', ''];
  spoke.stderr.on('data', (/** @type {Buffer} */ chunk) => {
    stderr += chunk;
  });
  const start = { spoke: 'bench', version: '1', module: spoke.moduleUrl, function: 'register' };
  const ready = new Promise((resolve) => {
    spoke.channel.on('error', () => {});
    spoke.channel.on('data', (/** @type {Buffer} */ chunk) => {
      said += chunk;
      for (let end = said.indexOf('\n'); end >= 0; end = said.indexOf('\n')) {
        const { id, cmd } = JSON.parse(said.slice(0, end));
        said = said.slice(end + 1);
        if (cmd === 'hello') spoke.channel.write(`${JSON.stringify({ id, ok: true, start })}\n`);
        if (cmd === 'ready') resolve({ ms: performance.now() - began, bytes: memoryOf(spoke.pid()) });
      }
    });
  });
  const result = await Promise.race([ready, spoke.exited]);
  spoke.kill();
  await spoke.exited;
  if (!('ms' in result)) throw new Error(stderr.split('\n')[0] || 'it ended before it was ready');
  return result;
}

/** Bytes in memory of a spoke and of the process between it and this one, if there is one. @param {number} pid @returns {number} */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
  return parent === process.pid || parent === 0 ? resident : resident + memoryOf(parent);
}
