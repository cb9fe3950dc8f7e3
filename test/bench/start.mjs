// How long a confined spoke takes from its start to ready, in a new process and in one that was started ahead, beside a
// child of fork() that says something.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { atMost, interleave, median, ratioOf } from './support/figure.mjs';
import { buildSandboxes, startOnce } from './support/sandboxes.mjs';
import { keepWarm } from './support/warm.mjs';

const CHILD = fileURLToPath(new URL('support/echo-child.mjs', import.meta.url));

async function plainFork() {
  const began = performance.now();
  // As empty as a spoke's: some variables, such as NODE_EXTRA_CA_CERTS, double what a start takes.
  const child = fork(CHILD, [], { execArgv: [], env: {} });
  await once(child, 'message');
  const took = performance.now() - began;
  child.kill();
  await once(child, 'exit');
  return took;
}

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ rounds }) {
  const directory = realpathSync(mkdtempSync(`${tmpdir()}/axium-bench-`));
  try {
    const spoke = `${directory}/spoke`;
    mkdirSync(spoke);
    writeFileSync(`${spoke}/main.mjs`, 'export function register() {}\n');
    const sandboxes = await buildSandboxes(directory, realpathSync(process.execPath));
    const figures = [];
    for (const level of ['strong', 'kernel']) {
      const start = async () => (await startOnce(sandboxes.get(level), spoke)).ms;
      const possible = await start().then(
        () => true,
        () => false,
      );
      if (!possible) continue;
      const warm = await keepWarm(sandboxes.get(level), `${directory}/warm-${level}`, spoke);
      const taken = await interleave(rounds * 2 - 1, { plainFork, start, warm: warm.start });
      await warm.stop();
      figures.push(
        atMost(
          `spoke confined at ${level} from start to ready, to a plain fork`,
          ratioOf(taken.start, taken.plainFork),
          1.25,
          `${median(taken.start).toFixed(0)} to ${median(taken.plainFork).toFixed(0)} ms`,
        ),
        atMost(
          `spoke confined at ${level} in a process started ahead, to ready, to a plain fork`,
          ratioOf(taken.warm, taken.plainFork),
          0.35,
          `${median(taken.warm).toFixed(0)} to ${median(taken.plainFork).toFixed(0)} ms`,
        ),
      );
    }
    if (figures.length === 0) throw new Error('this host confines no spoke');
    return figures;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
