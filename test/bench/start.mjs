// Prints how long a spoke takes from its start to ready, and how much memory it then has, at each level and as a ratio to
// a plain child. The levels take turns, so that whatever else the machine does meets all of them alike.
//
//   npm run bench -- start [--rounds 41] [--node PATH]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '41' }, node: { type: 'string', default: process.execPath } },
});
const rounds = Number(options.rounds);
const node = realpathSync(options.node);

/** What is measured is what was built. @param {string} path @returns {Promise<any>} */
const built = (path) => import(new URL(`../../dist/core/${path}.js`, import.meta.url).href);

/** @param {string} expression @returns {any} */
const askNode = (expression) =>
  JSON.parse(execFileSync(node, ['-p', `JSON.stringify(${expression})`], { encoding: 'utf8' }));

/** The sandboxes of this host, as the daemon builds them. @param {string} directory @returns {Promise<Map<string, any>>} */
async function buildSandboxes(directory) {
  const { nodePowers } = await built('node-powers');
  const { spokeRuntime } = await built('sandbox/spoke-runtime');
  const powers = nodePowers(process, { info: () => {}, warn: () => {}, error: () => {} });
  const runtime = spokeRuntime(node, new Set(askNode('[...process.allowedNodeEnvironmentFlags]')));
  const { assembleFilter } = await built('sandbox/seccomp/assemble');
  const { spokePolicy } = await built('sandbox/seccomp/spoke-policy');
  const { createFilterFile } = await built('sandbox/filter-file');
  const { sharedLibraries } = await built('sandbox/shared-libraries');
  const libraries = await sharedLibraries(powers, node);
  /** @param {boolean} hasPidNamespace */
  const filter = (hasPidNamespace) =>
    createFilterFile(powers, directory, assembleFilter(spokePolicy({ hasPidNamespace }), process.arch));
  const launcher = fileURLToPath(new URL('../../core/sandbox/launch.pl', import.meta.url));
  const common = { powers, runtime, libraries };
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
async function startOnce(sandbox, directory) {
  const began = performance.now();
  const spoke = sandbox.start({ directory, module: 'main.mjs' });
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

/** @param {readonly number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const directory = realpathSync(mkdtempSync(`${tmpdir()}/axium-bench-`));
try {
  const spoke = `${directory}/spoke`;
  mkdirSync(spoke);
  writeFileSync(`${spoke}/main.mjs`, 'export function register() {}\n');
  const sandboxes = await buildSandboxes(directory);
  /** @type {Map<string, {ms: number, bytes: number}[]>} */
  const measured = new Map();
  // The first start of each, which fills the caches, is not counted.
  for (const [level, sandbox] of sandboxes) {
    try {
      await startOnce(sandbox, spoke);
      measured.set(level, []);
    } catch (error) {
      console.log(`${level} is left out: ${error instanceof Error ? error.message : error}`);
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another, so that none always follows the same.
    const levels = [...measured.keys()];
    const first = round % levels.length;
    for (const level of [...levels.slice(first), ...levels.slice(0, first)])
      measured.get(level)?.push(await startOnce(sandboxes.get(level), spoke));
  }
  console.log(`Node ${askNode('process.version')}, medians of ${rounds} rounds\n`);
  console.log('level       start to ready         memory');
  const plain = measured.get('none') ?? [];
  for (const [level, taken] of measured) {
    /** @param {'ms' | 'bytes'} what */
    const of = (what) => {
      const [own, base] = [taken, plain].map((list) => median(list.map((one) => one[what])));
      return { own: own ?? 0, ratio: `x${((own ?? 0) / (base ?? 1)).toFixed(2)}` };
    };
    const [time, memory] = [of('ms'), of('bytes')];
    const [ms, mib] = [`${time.own.toFixed(1)} ms`, `${(memory.own / 1_048_576).toFixed(1)} MiB`];
    console.log(`${level.padEnd(10)} ${ms.padStart(9)}  ${time.ratio}   ${mib.padStart(9)}  ${memory.ratio}`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
